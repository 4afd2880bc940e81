import type { ServerSettings } from "../../../../functions/src/wire.ts";
import { CallClient, type CallReport, type CallState } from "../../../../packages/client/src/call-client.ts";
import type { Call } from "../../../../packages/client/src/call.ts";
import type { Service } from "../stack/service.ts";
import { describeError } from "../stack/stack-error.ts";
import type { Trace, TracedCall } from "./trace.ts";

/** Options of a traced client. */
export interface TracedClientOptions {
  readonly deviceId: string;
  readonly extens: readonly string[];
  readonly service: Pick<Service, "getServerSettings" | "reportCall">;
  readonly trace: Trace;
}

/** A call client that traces each step: its functions are wrapped, and its events are recorded. */
export function buildTracedClient({ deviceId, extens, service, trace }: TracedClientOptions): CallClient {
  const client = new CallClient({
    deviceId,
    extens,
    loadServerSettings: () => loadServerSettings(service, trace),
    reportCall: (report) => reportCall(service, trace, report),
  });
  client.on("connection", (state) => {
    // The connection is only closed on purpose, and that purpose is traced.
    if (state !== "disconnected") trace.note({ kind: "connection", state });
  });
  client.on("incoming", (call) => trace.noteCall(describe(call), { kind: "shown", waiting: call.waiting }));
  client.on("ended", (call, reason) => trace.noteCall(describe(call), { kind: "ended", reason }));
  return client;
}

/** A call for the trace. */
export function describe({ linkedId, callId, name }: Call): TracedCall {
  return { linkedId, callId, caller: name };
}

/** Traces the arrival of a push message; returns its call. */
export function notePush(trace: Trace, data: Readonly<Record<string, string>>): TracedCall | undefined {
  const { type = "", callId, linkedId, callerName, callerId } = data;
  const call = callId === undefined ? undefined : { callId, linkedId, caller: callerName || callerId };
  if (call === undefined) trace.note({ kind: "push", type });
  else trace.noteCall(call, { kind: "push", type });
  return call;
}

async function loadServerSettings(
  service: TracedClientOptions["service"],
  trace: Trace,
): Promise<ServerSettings | null> {
  try {
    const settings = await service.getServerSettings();
    trace.note({ kind: "settings", address: settings === null ? undefined : formatAddress(settings) });
    return settings;
  } catch (error) {
    trace.note({ kind: "failed", what: "settings", why: describeError(error) });
    throw error;
  }
}

async function reportCall(
  service: TracedClientOptions["service"],
  trace: Trace,
  report: CallReport,
): Promise<CallState> {
  const { callId, event } = report;
  try {
    const state = await service.reportCall(report);
    trace.noteCall({ callId }, { kind: "reported", event, ringing: state.ringing, status: state.status });
    return state;
  } catch (error) {
    trace.noteCall({ callId }, { kind: "failed", what: "report", why: describeError(error) });
    throw error;
  }
}

function formatAddress({ serverAddress, serverPort, serverSSL }: ServerSettings): string {
  return `${serverSSL ? "wss" : "ws"}://${serverAddress}:${serverPort}`;
}
