import type { ServerSettings } from "../../../../functions/src/wire.ts";
import {
  CallClient,
  type CallReport,
  type CallState,
  type TextStorage,
} from "../../../../packages/client/src/call-client.ts";
import type { Call } from "../../../../packages/client/src/call.ts";
import type { Push, PushData } from "../stack/push.ts";
import type { Service } from "../stack/service.ts";
import { describeError } from "../stack/stack-error.ts";
import type { Network } from "./network.ts";
import type { Trace, TracedCall, TraceEvent } from "./trace.ts";

/** Options of a traced client. */
export interface TracedClientOptions {
  readonly deviceId: string;
  /** The answer of the latest registration, which may come when the app already runs. */
  readonly extens: () => readonly string[];
  readonly storage: TextStorage;
  readonly service: Pick<Service, "getServerSettings" | "reportCall">;
  readonly network: Pick<Network, "buildWebSocket">;
  readonly trace: Trace;
}

/** A call client that traces each step but its calls, whose screen traces them. */
export function buildTracedClient(options: TracedClientOptions): CallClient {
  const { deviceId, extens, storage, service, network, trace } = options;
  const client = new CallClient({
    deviceId,
    get extens() {
      return extens();
    },
    storage,
    WebSocket: network.buildWebSocket(),
    loadServerSettings: () => loadServerSettings(service, trace),
    reportCall: (report) => reportCall(service, trace, report),
  });
  client.on("connection", (state) => {
    // The connection is only closed on purpose, and that purpose is traced.
    if (state !== "disconnected") trace.note({ kind: "connection", state });
  });
  return client;
}

/** A call for the trace. */
export function describe({ linkedId, callId, name }: Pick<Call, "linkedId" | "callId" | "name">): TracedCall {
  return { linkedId, callId, caller: name };
}

/** The call that a push is about. */
export function describePush({ callId, linkedId, callerName, callerId }: PushData): TracedCall | undefined {
  return callId === undefined ? undefined : { callId, linkedId, caller: callerName || callerId };
}

/** Traces the arrival of a push; returns its call. */
export function notePush(trace: Trace, { channel, data }: Push): TracedCall | undefined {
  const call = describePush(data);
  noteFor(trace, call, { kind: "push", type: data["type"] ?? "", channel });
  return call;
}

/** Traces an event of a call or, without one, of the phone. */
export function noteFor(trace: Trace, call: TracedCall | undefined, event: TraceEvent): void {
  if (call === undefined) trace.note(event);
  else trace.noteCall(call, event);
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
