import { answerLate } from "../answer-late.ts";
import type { EmulatorClock } from "../clock.ts";
import type { Counters } from "../counters.ts";
import type { DeliveryService } from "../delivery-service.ts";
import type { Answer, Exchange } from "../exchange.ts";
import { isTaken } from "../fault-fields.ts";
import type { Faults } from "../faults.ts";
import type { ApnsEnvironment, Registrations } from "../registrations.ts";
import { acceptPush } from "./accept-push.ts";
import { buildAcceptedAnswer, buildErrorAnswer } from "./answers.ts";
import { MAX_VOIP_BYTES, findRefusal } from "./checks.ts";
import { buildApnsFaultAnswer, buildGoawayData } from "./fault.ts";
import type { ApnsFault } from "./fault.ts";
import type { ProviderConnection } from "./provider-connection.ts";
import { readPush } from "./push-request.ts";
import type { PushRequest } from "./push-request.ts";

/** The parts of the emulator that a push uses. */
export interface PushServices {
  readonly clock: EmulatorClock;
  readonly registrations: Registrations;
  readonly deliveryService: DeliveryService;
  readonly faults: Faults;
  readonly counters: Counters;
  /** Called once a push is counted. */
  readonly onCounted: () => void;
}

/** Answers one request as APNs would, or as a fault specifies. */
export async function answerPush(
  services: PushServices,
  exchange: Exchange,
  connection: ProviderConnection,
  environment: ApnsEnvironment,
): Promise<void> {
  services.counters.sends += 1;
  const body = await exchange.readBody(MAX_VOIP_BYTES);
  const push = readPush(services.registrations, exchange, body, environment);
  const fault = takeFault(services, push);
  const isFaulted = fault !== undefined && !isTaken(fault, fault.reason);
  if (isFaulted) services.counters.failed += 1;
  const answer = isFaulted ? takeFaultAnswer(services, push, connection, fault) : takePush(services, push, connection);
  services.onCounted();
  if (fault === undefined) return exchange.answer(answer);
  await answerLate(services.clock, exchange, fault, answer, buildGoawayData(fault));
}

function takeFault({ faults, counters }: PushServices, { deviceToken, phone }: PushRequest): ApnsFault | undefined {
  const fault = faults.take("apns", [phone?.voipToken ?? deviceToken, phone?.token, phone?.fid]);
  if (fault !== undefined) counters.faulted += 1;
  return fault;
}

function takeFaultAnswer(
  { clock }: PushServices,
  { apnsId }: PushRequest,
  connection: ProviderConnection,
  fault: ApnsFault,
): Answer {
  if (fault.reason === "ExpiredProviderToken") connection.forgetToken();
  return buildApnsFaultAnswer(fault, apnsId, clock.now());
}

function takePush(
  { clock, deliveryService, counters }: PushServices,
  push: PushRequest,
  connection: ProviderConnection,
): Answer {
  const now = clock.now();
  const refusal = findRefusal(push, () => connection.authenticate(push.header("authorization"), now));
  if (refusal !== undefined) {
    counters.refused += 1;
    return buildErrorAnswer(refusal, push.apnsId);
  }
  counters.accepted += 1;
  acceptPush(deliveryService, push, now);
  return buildAcceptedAnswer(push.apnsId);
}
