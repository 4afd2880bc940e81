import type {
  CallEndedData,
  CallReport,
  CallState,
  EndReason,
  IncomingCallData,
  PhoneFailure,
  PushFacts,
  ServerSettings,
} from "../../../functions/src/wire.ts";
import type { Call, CallEnd } from "./call.ts";
import { systemClock, type Clock } from "./clock.ts";
import { Connection, NotConnected, type ConnectionState } from "./connection.ts";
import { EarlyChoices, type Choice } from "./early-choices.ts";
import { Emitter } from "./emitter.ts";
import { EndedCalls, type TextStorage } from "./ended-calls.ts";
import { describeStage, isAwaited, type CallFacts, type Entry } from "./entry.ts";
import type { CallClientEvents, CallClientOptions, PushOptions, PushResult } from "./options.ts";
import { parsePbxMessage } from "./pbx-socket.ts";
import { PhoneCalls } from "./phone-calls.ts";
import { parsePushData, readRingMs } from "./push-data.ts";
import { Reporter, type Answer } from "./report.ts";
import type { WebSocketConstructor } from "./web-socket.ts";

export type { Call, CallEnd, CallReport, CallState, ConnectionState, EndReason, ServerSettings };
export type { PhoneFailure, PushFacts, TextStorage };
export type { CallClientEvents, CallClientOptions, PushOptions, PushResult };
export { NotConnected };

/** How long a call rings by default: the `ring_seconds` of a PBX that gives none. */
const defaultRingMs = 30_000;

/** How often an iPhone asks whether a call still rings, in milliseconds. */
const askMs = 3_000;

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
  readonly #ended: EndedCalls;
  readonly #calls: PhoneCalls;
  readonly #reporter: Reporter;
  readonly #early = new EarlyChoices();

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
    this.#reporter = new Reporter(this.#clock, options);
    this.#ended = new EndedCalls(this.#clock, options.storage);
    this.#calls = new PhoneCalls(this.#clock, this.#ended, {
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
   * Handles the data of a push message of FCM or of APNs, as it comes; pushes that are not about calls are ignored.
   * Resolves when everything that the push requires is done, so that a background handler can wait for it. It does not
   * reject if the PBX or the service cannot be reached: such a call is `ended` with `unreachable`.
   */
  async receivePush(data: Readonly<Record<string, unknown>>, options: PushOptions = {}): Promise<PushResult> {
    const push = parsePushData(data);
    if (push === undefined) return "ignored";
    await this.#ended.load();
    return push.type === "incoming_call" ? this.#receiveCall(push, options) : this.#receiveEnd(push);
  }

  /**
   * Answers the call; every other phone stops. Does nothing if the call no longer rings. The answer to a call whose push
   * has not come yet counts when it comes: `id` may be its `callId`, also in capitals, as CallKit writes it.
   */
  async answer(id: string): Promise<void> {
    const entry = this.#find(id, "answer");
    if (entry === undefined || !isAwaited(entry)) return;
    this.#calls.activate(entry);
    const state = await this.#reporter.send(entry, "answered");
    // The call was over before the user answered.
    if (state === "refused") this.#calls.end(entry, "cancelled");
    else if (state?.status === "ended") this.#end(entry, state.reason);
  }

  /** Declines the call on this phone, also before its push has come. Does nothing if the call no longer rings. */
  async decline(id: string): Promise<void> {
    const entry = this.#find(id, "decline");
    if (entry === undefined || !isAwaited(entry)) return;
    this.#calls.end(entry, "declined");
    await this.#reporter.send(entry, "declined");
  }

  /** Ends a call that was answered here, also before its push has come. Does nothing if it is not active. */
  async hangUp(id: string): Promise<void> {
    const entry = this.#find(id, "decline");
    if (entry?.stage !== "active") return;
    this.#calls.end(entry, "hung_up");
    await this.#reporter.send(entry, "ended");
  }

  /** The user's call. The choice is kept for a call that the client does not know yet. */
  #find(id: string, choice: Choice): Entry | undefined {
    const entry = this.#calls.get(id);
    if (entry === undefined) this.#early.add(id, choice);
    return entry;
  }

  async #receiveCall(push: IncomingCallData, { channel, facts: pushFacts }: PushOptions): Promise<PushResult> {
    const choice = this.#early.take(push.callId);
    if (this.#ended.has(push.callId)) return "over";
    const known = this.#calls.findByPush(push);
    const ringMs = readRingMs(push) ?? defaultRingMs;
    const facts = readFacts(push);
    const entry = known ?? this.#calls.add(facts, ringMs);
    // FCM may deliver a push twice, and APNs deliver it as well.
    const isRepeat = known?.facts.callId !== undefined;
    this.#calls.name(entry, facts);
    entry.pushFacts ??= pushFacts;
    if (channel === "apns") this.#followSystemScreen(entry);
    if (!isRepeat) await this.#handle(entry, ringMs, choice);
    return describeStage(entry);
  }

  /** Does everything that the first push of a call requires. */
  async #handle(entry: Entry, ringMs: number, choice: Choice | undefined): Promise<void> {
    if (isAwaited(entry)) this.#calls.ringFor(entry, ringMs);
    if (entry.unsent !== undefined) await this.#reporter.send(entry, entry.unsent);
    const chosen = choice && this[choice](entry.id);
    if (entry.stage !== "over") await Promise.race([this.#becomeReady(entry, ringMs), entry.over]);
    await chosen;
    const isUnconnected = this.#connection.state !== "connected";
    if (entry.end === "unreachable" && isUnconnected) {
      await this.#reporter.send(entry, "failed", this.#connection.failure);
    }
  }

  async #becomeReady(entry: Entry, ringMs: number): Promise<void> {
    // The call may be over already; a phone that is connected learns that from its next receipt.
    if (isAwaited(entry) && this.#connection.state !== "connected") void this.#reportAndFollow(entry, "received");
    try {
      await this.#connection.ensure(ringMs);
    } catch {
      // A call that is shown keeps ringing: the user may still answer it.
      if (entry.stage === "waking") this.#calls.end(entry, "unreachable");
      return;
    }
    if (!isAwaited(entry)) return;
    await this.#reportAndFollow(entry, "ready");
    if (entry.stage === "waking") this.#calls.show(entry);
  }

  /** Sends a receipt; stops ringing if the service says so. */
  async #reportAndFollow(entry: Entry, event: Entry["receipt"]): Promise<void> {
    entry.receipt = event;
    this.#follow(entry, await this.#reporter.send(entry, event));
  }

  #followSystemScreen(entry: Entry): void {
    entry.isOnSystemScreen = true;
    if (isAwaited(entry) && entry.stopAsking === undefined) this.#askWhileItRings(entry);
  }

  /** Asks at a fixed rate: the next question does not wait for an answer that a dead connection has swallowed. */
  #askWhileItRings(entry: Entry): void {
    entry.stopAsking = this.#clock.startTimer(askMs, () => {
      this.#askWhileItRings(entry);
      void this.#ask(entry);
    });
  }

  async #ask(entry: Entry): Promise<void> {
    this.#follow(entry, await this.#reporter.ask(entry));
  }

  /** Stops ringing if the service says so. Without an answer, the phone follows the push. */
  #follow(entry: Entry, state: Answer): void {
    if (!isAwaited(entry)) return;
    if (state === "refused") this.#calls.end(entry, "cancelled");
    else if (state?.ringing === false) this.#end(entry, state.reason ?? "missed");
  }

  #receiveEnd({ callId, reason }: CallEndedData): PushResult {
    const entry = this.#calls.findByCallId(callId);
    // The end may come before its call, which must not ring when it arrives.
    if (entry === undefined) this.#ended.add(callId);
    else this.#end(entry, reason);
    return entry === undefined ? "over" : describeStage(entry);
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
}

function readFacts({
  callerId,
  callerName,
  callId,
  linkedId,
  pbxRingId,
  exten,
  callType,
}: IncomingCallData): CallFacts {
  const caller = { number: callerId, name: callerName || callerId };
  return { callId, linkedId, exten, ...caller, callType, ...(pbxRingId !== undefined && { pbxRingId }) };
}
