/**
 * POST /v1/projects/{project}/messages:send
 * https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send
 */
import { answerLate } from "../answer-late.ts";
import type { Counters } from "../counters.ts";
import { buildJsonAnswer } from "../exchange.ts";
import type { Answer, Exchange } from "../exchange.ts";
import { isTaken } from "../fault-fields.ts";
import type { Faults } from "../faults.ts";
import type { Registrations } from "../registrations.ts";
import { acceptMessage } from "./accept-message.ts";
import type { AcceptServices } from "./accept-message.ts";
import { buildBareInvalidArgument, buildNotFound, buildUnauthenticated } from "./errors.ts";
import { buildFcmFaultAnswer } from "./fault.ts";
import type { FcmFault } from "./fault.ts";
import { findText } from "./message.ts";
import { isDryRun, parseSendRequest, refuseMessage } from "./send-request.ts";
import type { SendRequest } from "./send-request.ts";

/** Google's front end accepts no larger request. */
const MAX_REQUEST_BYTES = 10_485_760;
const BEARER = /^Bearer +\S/i;
const DRY_RUN_ID = "fake_message_id";

/** The parts of the emulator that a send uses. */
export interface SendServices extends AcceptServices {
  readonly projectId: string | undefined;
  readonly registrations: Registrations;
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
  const isFaulted = fault !== undefined && !isTaken(fault, fault.error_code);
  if (isFaulted) services.counters.failed += 1;
  const answer = isFaulted ? buildFcmFaultAnswer(fault) : takeMessage(services, request, project);
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

function takeFault({ faults, counters }: SendServices, { message, registration }: SendRequest): FcmFault | undefined {
  const address = findText(message, "token") ?? findText(message, "fid");
  const fault = faults.take("fcm", [address, registration?.token, registration?.fid]);
  if (fault !== undefined) counters.faulted += 1;
  return fault;
}

function takeMessage(services: SendServices, request: SendRequest, project: string): Answer {
  const { counters } = services;
  const refusal = refuseMessage(request);
  if (refusal !== undefined) {
    counters.refused += 1;
    return refusal;
  }
  if (isDryRun(request)) {
    counters.dryRuns += 1;
    return buildJsonAnswer(200, { name: `projects/${project}/messages/${DRY_RUN_ID}` });
  }
  counters.accepted += 1;
  const id = acceptMessage(services, request.message, request.registration, request.text);
  return buildJsonAnswer(200, { name: `projects/${project}/messages/${id}` });
}
