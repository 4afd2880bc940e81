/**
 * POST /v1/projects/{project}/messages:send
 * https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send
 */
import type { EmulatorClock } from "./clock.ts";
import { sleep } from "./clock.ts";
import type { Counters } from "./counters.ts";
import { buildJsonAnswer } from "./exchange.ts";
import type { Answer, Exchange } from "./exchange.ts";
import { buildFaultAnswer, isTaken } from "./fault-script.ts";
import type { Fault } from "./fault-script.ts";
import type { Faults } from "./faults.ts";
import { buildBareInvalidArgument, buildNotFound, buildUnauthenticated } from "./fcm-errors.ts";
import { findText } from "./fcm-message.ts";
import type { DeliveryService } from "./delivery-service.ts";
import type { Registrations } from "./registrations.ts";
import { isDryRun, parseSendRequest, refuseMessage } from "./send-request.ts";
import type { SendRequest } from "./send-request.ts";

/** Google's front end accepts no larger request. */
const MAX_REQUEST_BYTES = 10_485_760;
const BEARER = /^Bearer +\S/i;
const DRY_RUN_ID = "fake_message_id";

/** The parts of the emulator that a send uses. */
export interface SendServices {
  readonly clock: EmulatorClock;
  readonly projectId: string | undefined;
  readonly registrations: Registrations;
  readonly deliveryService: DeliveryService;
  readonly faults: Faults;
  readonly counters: Counters;
  /** Called once a send is counted. */
  readonly onCounted: () => void;
}

/** Answers one send to a project as FCM would, or as a fault specifies. */
export async function answerSend(services: SendServices, exchange: Exchange, project: string): Promise<void> {
  services.counters.sends += 1;
  const request = await readRequest(services, exchange, project);
  if ("status" in request) {
    services.counters.refused += 1;
    services.onCounted();
    return exchange.answer(request);
  }
  const fault = takeFault(services, request);
  const isFaulted = fault !== undefined && !isTaken(fault);
  const answer = isFaulted ? buildFaultAnswer(fault) : takeMessage(services, request, project);
  services.onCounted();
  if (fault === undefined) return exchange.answer(answer);
  await answerLate(services.clock, exchange, fault, answer);
}

async function readRequest(
  { projectId, registrations }: SendServices,
  exchange: Exchange,
  project: string,
): Promise<SendRequest | Answer> {
  const bytes = await exchange.readBody(MAX_REQUEST_BYTES);
  if (!BEARER.test(exchange.headers.authorization ?? "")) return buildUnauthenticated();
  if (projectId !== undefined && projectId !== project) return buildNotFound();
  if (bytes === undefined) {
    return buildBareInvalidArgument(`Request payload size exceeds the limit: ${MAX_REQUEST_BYTES} bytes.`);
  }
  const request = parseSendRequest(registrations, bytes);
  return request ?? buildBareInvalidArgument("Invalid JSON payload received. Unexpected token.");
}

function takeFault({ faults, counters }: SendServices, { message, registration }: SendRequest): Fault | undefined {
  const address = findText(message, "token") ?? findText(message, "fid");
  const fault = faults.take(address, registration?.token, registration?.fid);
  if (fault !== undefined) counters.faulted += 1;
  return fault;
}

function takeMessage({ deliveryService, counters }: SendServices, request: SendRequest, project: string): Answer {
  const refusal = refuseMessage(request);
  if (refusal !== undefined) {
    counters.refused += 1;
    return refusal;
  }
  if (isDryRun(request)) return buildJsonAnswer(200, { name: `projects/${project}/messages/${DRY_RUN_ID}` });
  counters.accepted += 1;
  const id = deliveryService.accept(request.message, request.registration, request.text);
  return buildJsonAnswer(200, { name: `projects/${project}/messages/${id}` });
}

async function answerLate(clock: EmulatorClock, exchange: Exchange, fault: Fault, answer: Answer): Promise<void> {
  // The GOAWAY is sent at once, so that the client gets it while its own send is still unanswered.
  if (fault.goaway) exchange.sendAway();
  if (fault.delay_ms > 0) await sleep(clock, fault.delay_ms);
  if (fault.drop) exchange.drop();
  else exchange.answer(answer);
}
