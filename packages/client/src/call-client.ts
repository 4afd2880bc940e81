import type {
  CallEndedData,
  CallReport,
  CallState,
  EndReason,
  IncomingCallData,
  Receipt,
  ServerSettings,
} from "../../../functions/src/wire.ts";
import type { Call, CallEnd } from "./call.ts";
import { systemClock, type Clock } from "./clock.ts";
import { Connection, NotConnected, type ConnectionState } from "./connection.ts";
import { Emitter } from "./emitter.ts";
import { isAwaited, type CallFacts, type Entry } from "./entry.ts";
import { parsePbxMessage } from "./pbx-socket.ts";
import { PhoneCalls } from "./phone-calls.ts";
import { parsePushData, readRingMs } from "./push-data.ts";
import { sendReport } from "./report.ts";
import type { WebSocketConstructor } from "./web-socket.ts";

export type { Call, CallEnd, CallReport, CallState, ConnectionState, EndReason, ServerSettings };
export { NotConnected };

/** What the client needs from the app. */
export interface CallClientOptions {
  /** The id under which this app install is registered. */
  readonly deviceId: string;
  /** The user's server settings: from Firestore (`users/{uid}`) or `getServerSettings`; `null` if none are saved. */
  readonly loadServerSettings: () => Promise<ServerSettings | null>;
  /** Calls the callable `reportCall`. */
  readonly reportCall: (report: CallReport) => Promise<CallState>;
  /**
   * The extens that ring this user (the answer of `registerDevice`), for a PBX that sends every call to every phone.
   */
  readonly extens?: readonly string[] | undefined;
  /** Prefixes of the contexts of incoming trunks, separated by commas; default: `trk`. */
  readonly trunkContextPrefix?: string;
  /** Replaces the global `WebSocket`. */
  readonly WebSocket?: WebSocketConstructor;
  readonly clock?: Clock;
}

/** The client's events. */
export interface CallClientEvents {
  /** A call rings: show it, or announce it if it is `waiting`. */
  readonly incoming: (call: Call) => void;
  /** The user has answered the call here. */
  readonly answered: (call: Call) => void;
  /** A call that rang or was active is over; `unreachable` is one that was never shown: show it as missed. */
  readonly ended: (call: Call, reason: CallEnd) => void;
  readonly connection: (state: ConnectionState) => void;
}

/** How long a call rings by default: the `ring_seconds` of a PBX that gives none. */
const defaultRingMs = 30_000;

declare const WebSocket: WebSocketConstructor;

/**
 * The calls of one phone. Pass it the data of every push message: it opens the WebSocket, reports the phone's state to
 * the service, and says what to show. The service and the PBX may both announce a call, late, twice or in any order: it
 * rings once.
 */
export class CallClient extends Emitter<CallClientEvents> {
  readonly #options: CallClientOptions;
  readonly #clock: Clock;
  readonly #connection: Connection;
  readonly #calls: PhoneCalls;

  constructor(options: CallClientOptions) {
    super();
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#connection = new Connection({
      clock: this.#clock,
      WebSocket: options.WebSocket ?? WebSocket,
      loadServerSettings: options.loadServerSettings,
      onState: (state) => this.emit("connection", state),
      onMessage: (data) => this.#receivePbxMessage(data),
    });
    this.#calls = new PhoneCalls(this.#clock, {
      onIncoming: (call) => this.emit("incoming", call),
      onAnswered: (call) => this.emit("answered", call),
      onEnded: (call, reason) => this.emit("ended", call, reason),
    });
  }

  /** The state of the WebSocket. */
  get connection(): ConnectionState {
    return this.#connection.state;
  }

  /** The calls that ring or are active, oldest first. */
  get calls(): readonly Call[] {
    return this.#calls.list();
  }

  /**
   * Opens the WebSocket unless it is open, and keeps it open until {@link disconnect}. Rejects with {@link
   * NotConnected} if it is not open after `withinMs`; the attempts continue.
   */
  async ensureConnected(withinMs: number = defaultRingMs): Promise<void> {
    await this.#connection.ensure(withinMs);
  }

  /** Closes the WebSocket, for example when the app goes to the background. The next push opens it again. */
  disconnect(): void {
    this.#connection.close();
  }

  /**
   * Handles the data of a push message; pushes that are not about calls are ignored. Resolves when everything that the
   * push requires is done, so that a background handler can wait for it. It does not reject if the PBX or the service
   * cannot be reached: such a call is `ended` with `unreachable`.
   */
  async receivePush(data: Readonly<Record<string, unknown>>): Promise<void> {
    const push = parsePushData(data);
    if (push?.type === "incoming_call") await this.#receiveCall(push);
    if (push?.type === "call_ended") this.#receiveEnd(push);
  }

  /** Answers the call; every other phone stops. Does nothing if the call no longer rings. */
  async answer(id: string): Promise<void> {
    const entry = this.#calls.get(id);
    if (entry?.stage !== "ringing") return;
    this.#calls.activate(entry);
    const state = await this.#report(entry, "answered");
    // The call was over before the user answered.
    if (state === "refused") this.#calls.end(entry, "cancelled");
    else if (state?.status === "ended") this.#end(entry, state.reason);
  }

  /** Declines the call on this phone. Does nothing if the call no longer rings. */
  async decline(id: string): Promise<void> {
    const entry = this.#calls.get(id);
    if (entry?.stage !== "ringing") return;
    this.#calls.end(entry, "declined");
    await this.#report(entry, "declined");
  }

  /** Ends a call that was answered here. Does nothing if it is not active. */
  async hangUp(id: string): Promise<void> {
    const entry = this.#calls.get(id);
    if (entry?.stage !== "active") return;
    this.#calls.end(entry, "hung_up");
    await this.#report(entry, "ended");
  }

  async #receiveCall(push: IncomingCallData): Promise<void> {
    const known = this.#calls.findByPush(push);
    // FCM may deliver a push twice, or the end push before it.
    if (known?.facts.callId !== undefined) return;
    const { callId, pbxRingId } = push;
    const ringMs = readRingMs(push) ?? defaultRingMs;
    const facts = readFacts(push);
    const entry = known ?? this.#calls.add(facts, ringMs);
    entry.facts = { ...facts, ...known?.facts, callId, ...(pbxRingId !== undefined && { pbxRingId }) };
    if (known !== undefined && isAwaited(known)) this.#calls.ringFor(known, ringMs);
    if (known?.unsent !== undefined) await this.#report(entry, known.unsent);
    if (isAwaited(entry)) await Promise.race([this.#becomeReady(entry, ringMs), entry.over]);
  }

  async #becomeReady(entry: Entry, ringMs: number): Promise<void> {
    // The call may be over already; a phone that is connected learns that from its next receipt.
    if (this.#connection.state !== "connected") void this.#reportAndFollow(entry, "received");
    try {
      await this.#connection.ensure(ringMs);
    } catch {
      // A call that is shown keeps ringing: the user may still answer it.
      if (entry.stage === "waking") this.#calls.end(entry, "unreachable");
      return;
    }
    if (!isAwaited(entry)) return;
    await this.#reportAndFollow(entry, "ready");
    // Without an answer of the service, the phone follows the push.
    if (entry.stage === "waking") this.#calls.show(entry);
  }

  /** Sends a receipt; stops ringing if the service says so. */
  async #reportAndFollow(entry: Entry, event: Receipt): Promise<void> {
    const state = await this.#report(entry, event);
    if (!isAwaited(entry)) return;
    if (state === "refused") this.#calls.end(entry, "cancelled");
    else if (state?.ringing === false) this.#end(entry, state.reason ?? "missed");
  }

  #receiveEnd({ callId, reason }: CallEndedData): void {
    const entry = this.#calls.findByCallId(callId);
    if (entry !== undefined) return this.#end(entry, reason);
    // The end came before its call, which must not ring when it arrives.
    const facts = { callId, linkedId: "", exten: "", number: "", name: "", callType: "" };
    this.#calls.end(this.#calls.add(facts, 0), "cancelled");
  }

  /**
   * Ends a call because the service says so. An answer ends the ringing, but not the active call of the phone that
   * answered.
   */
  #end(entry: Entry, reason: EndReason = "cancelled"): void {
    const isTaken = reason === "answered" || reason === "answered_elsewhere";
    if (isTaken && entry.stage === "active") return;
    // The call would have rung, but the PBX refuses this phone's connection.
    const isUnreachable = !isTaken && entry.stage === "waking" && this.#connection.isFailing;
    this.#calls.end(entry, isUnreachable ? "unreachable" : reason);
  }

  #receivePbxMessage(data: unknown): void {
    const message = parsePbxMessage(data, this.#options.trunkContextPrefix ?? "trk");
    if (message?.kind === "call") this.#receiveAnnouncement(message.facts, message.uniqueId);
    if (message?.kind === "hangup") this.#calls.hangUpChannel(message.uniqueId);
  }

  #receiveAnnouncement(facts: CallFacts, uniqueId: string): void {
    if (this.#options.extens?.includes(facts.exten) === false) return;
    const entry = this.#calls.findByChannel(facts.linkedId, uniqueId) ?? this.#calls.add(facts, defaultRingMs);
    if (!entry.channels.has(uniqueId)) entry.channels.set(uniqueId, "up");
    if (entry.stage === "waking") this.#calls.show(entry);
  }

  async #report(entry: Entry, event: Receipt): Promise<CallState | "refused" | undefined> {
    const { callId } = entry.facts;
    if (callId === undefined) {
      entry.unsent = event;
      return undefined;
    }
    const { deviceId, reportCall } = this.#options;
    return sendReport({ clock: this.#clock, reportCall }, { callId, deviceId, event });
  }
}

function readFacts({ callId, linkedId, exten, callerId, callerName, callType }: IncomingCallData): CallFacts {
  return { callId, linkedId, exten, number: callerId, name: callerName || callerId, callType };
}
