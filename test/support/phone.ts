import { setImmediate } from "node:timers/promises";
import {
  CallClient,
  type Call,
  type CallClientOptions,
  type CallEnd,
  type CallReport,
  type CallState,
} from "../../packages/client/src/call-client.ts";
import { createTimerClock } from "./timer-clock.ts";

/** The ring of {@link callPush}. */
export const ringId = "6f0a3c1d-7f7e-5d0c-9a4e-0b1f2f6f5b52";

/** The data of a call push; its ring time is 30 seconds. */
export function callPush(data: Record<string, string> = {}): Record<string, string> {
  return {
    type: "incoming_call",
    callId: ringId,
    linkedId: "1763712000.17",
    exten: "07045144801",
    callerId: "01012345678",
    callerName: "홍길동",
    callType: "voice",
    timestamp: "2026-11-02T03:04:05.000Z",
    expiresAt: "2026-11-02T03:04:35.000Z",
    ...data,
  };
}

/** The data of the push that ends that call; with `null` the form that a phone gets after it has changed its owner. */
export function endPush(reason: string | null = "cancelled", callId = ringId): Record<string, string> {
  return { type: "call_ended", callId, ...(reason !== null && { reason }) };
}

/**
 * The PBX's event for that call, as its WebSocket server sends it: of the call's first channel, unless `data` names another.
 */
export function newchannel(data: Record<string, unknown> = {}, type = 3): string {
  const { Linkedid = "1763712000.17" } = data;
  const call = {
    Event: "Newchannel",
    Context: "trk-11-in",
    Exten: "07045144801",
    CallerIDNum: "01012345678",
    CallerIDName: "홍길동",
    Linkedid,
    Uniqueid: Linkedid,
  };
  return JSON.stringify({ type, server_id: 1, server_name: "demo", ssl: false, data: { ...call, ...data } });
}

/** The error that Firebase's SDKs throw when a callable answers `permission-denied`. */
export class CallableRefusal extends Error {
  readonly code: string;

  constructor(code = "functions/permission-denied") {
    super("The device is not registered for this user");
    this.code = code;
  }
}

/** An app around a client, which records all of the client's callbacks. */
export function createPhone(options: Partial<CallClientOptions> & { port: number }) {
  const clock = createTimerClock();
  const told: string[] = [];
  const reports: CallReport[] = [];
  const service = {
    /** How the service answers a receipt; a phone rings by default. */
    answer: async (report: CallReport): Promise<CallState> => ({
      callId: report.callId,
      status: "ready",
      ringing: true,
    }),
  };
  const client = new CallClient({
    deviceId: "phone-1",
    clock,
    loadServerSettings: async () => ({ serverAddress: "127.0.0.1", serverPort: options.port, serverSSL: false }),
    reportCall: (report) => {
      reports.push(report);
      return service.answer(report);
    },
    ...options,
  });
  client.on("incoming", ({ name, waiting }: Call) => told.push(`${waiting ? "waiting" : "incoming"} ${name}`));
  client.on("answered", ({ name }: Call) => told.push(`answered ${name}`));
  client.on("ended", ({ name }: Call, reason: CallEnd) => told.push(`ended ${name} ${reason}`));
  return {
    client,
    clock,
    service,
    reports,
    /** What the user was shown. */
    told,
    /** The receipts that were sent, by event. */
    receipts: () => reports.map(({ event }) => event),
  };
}

/** Runs everything that is ready to run. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await setImmediate();
}
