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
import { ClosableClock } from "./closable-clock.ts";
import { systemClock } from "./clock.ts";
import { Connection, NotConnected, type ConnectionState } from "./connection.ts";
import { EarlyChoices, type Choice } from "./early-choices.ts";
import { Emitter } from "./emitter.ts";
import { EndedCalls, type TextStorage } from "./ended-calls.ts";
import { describeStage, isAwaited, type CallFacts, type Entry } from "./entry.ts";
import { Follower } from "./follower.ts";
import { LatestMap } from "./latest-map.ts";
import type { CallClientEvents, CallClientOptions, PushOptions, PushResult } from "./options.ts";
import { parsePbxMessage } from "./pbx-socket.ts";
import { PhoneCalls } from "./phone-calls.ts";
import { parsePushData, readFacts, readRingMs } from "./push-data.ts";
import { Reporter } from "./report.ts";
import { Waker } from "./waker.ts";
import type { WebSocketConstructor } from "./web-socket.ts";

export type { Call, CallEnd, CallReport, CallState, ConnectionState, EndReason, ServerSettings };
export type { PhoneFailure, PushFacts, TextStorage };
export type { CallClientEvents, CallClientOptions, PushOptions, PushResult };
export { NotConnected };

/** How long a call rings by default: the `ring_seconds` of a PBX that gives none. */
const defaultRingMs = 30_000;

/** An end push that came before its call push, and the calls that only the PBX had announced by then. */
interface EarlyEnd {
  readonly reason: EndReason | undefined;
  readonly announced: readonly Entry[];
}

/** Number of early ends kept: more than the calls of which a push is still on its way. */
const maxEarlyEnds = 20;

declare const WebSocket: WebSocketConstructor;

/**
 * The calls of one phone. Pass it the data of every push message: it opens the WebSocket, reports the phone's state to
 * the service, and says what to show. The service and the PBX may both announce a call, late, twice or in any order: it
 * rings once.
 */
export class CallClient extends Emitter<CallClientEvents> {
  readonly #options: CallClientOptions;
  readonly #clock: ClosableClock;
  readonly #connection: Connection;
  readonly #ended: EndedCalls;
  readonly #calls: PhoneCalls;
  readonly #follower: Follower;
  readonly #waker: Waker;
  readonly #earlyChoices = new EarlyChoices();
  readonly #earlyEnds = new LatestMap<EarlyEnd>(maxEarlyEnds);
  /** The app has disconnected while a call needed the socket. */
  #isResting = false;
  #isClosed = false;

  constructor(options: CallClientOptions) {
    super();
    this.#options = options;
    this.#clock = new ClosableClock(options.clock ?? systemClock);
    this.#connection = new Connection({
      clock: this.#clock,
      WebSocket: options.WebSocket ?? WebSocket,
      loadServerSettings: options.loadServerSettings,
      onState: (state) => this.emit("connection", state),
      onMessage: (data) => this.#receivePbxMessage(data),
    });
    this.#ended = new EndedCalls(this.#clock, options.storage);
    this.#calls = new PhoneCalls(this.#clock, this.#ended, {
      onIncoming: (call) => this.emit("incoming", call),
      onAnswered: (call) => this.emit("answered", call),
      onEnded: (call, reason) => this.emit("ended", call, reason),
      onOver: () => this.#rest(),
    });
    this.#follower = new Follower({
      clock: this.#clock,
      connection: this.#connection,
      calls: this.#calls,
      reporter: new Reporter(this.#clock, options),
    });
    this.#waker = new Waker(this.#connection, this.#calls, this.#follower);
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
    if (this.#isClosed) throw new NotConnected("The client is closed");
    this.#isResting = false;
    await this.#connection.ensure(withinMs);
  }

  /**
   * Closes the WebSocket, for example when the app goes to the background. While a call wakes the phone, rings or is
   * active, it closes when that is over. The next push opens it again.
   */
  disconnect(): void {
    this.#isResting = true;
    this.#rest();
  }

  /**
   * Ends the client for good, as the end of the app's process does: closes the WebSocket, drops every call without an
   * event or a report, and stops all timers. A push that comes later is `over`.
   */
  close(): void {
    this.#isClosed = true;
    this.#calls.close();
    this.#connection.close();
    this.#clock.close();
  }

  /**
   * Handles the data of a push message of FCM or of APNs, as it comes; pushes that are not about calls are ignored.
   * Resolves when everything that the push requires is done, so that a background handler can wait for it. It does not
   * reject if the PBX or the service cannot be reached: such a call is `ended` with `unreachable`.
   */
  async receivePush(data: Readonly<Record<string, unknown>>, options: PushOptions = {}): Promise<PushResult> {
    const push = parsePushData(data);
    if (push === undefined) return "ignored";
    if (this.#isClosed) return "over";
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
    await this.#follower.sendChoice(entry, "answered");
  }

  /** Declines the call on this phone, also before its push has come. Does nothing if the call no longer rings. */
  async decline(id: string): Promise<void> {
    const entry = this.#find(id, "decline");
    if (entry === undefined || !isAwaited(entry)) return;
    await this.#endByUser(entry, "declined", "declined");
  }

  /** Ends a call that was answered here, also before its push has come. Does nothing if it is not active. */
  async hangUp(id: string): Promise<void> {
    const entry = this.#find(id, "decline");
    if (entry?.stage !== "active") return;
    await this.#endByUser(entry, "hung_up", "ended");
  }

  /** The app's process may end when this resolves: the service and the storage know that the call is over. */
  async #endByUser(entry: Entry, reason: CallEnd, event: "declined" | "ended"): Promise<void> {
    this.#calls.end(entry, reason);
    await Promise.all([this.#follower.sendChoice(entry, event), this.#ended.save()]);
  }

  #rest(): void {
    if (!this.#isResting || this.#calls.isBusy) return;
    this.#isResting = false;
    this.#connection.close();
  }

  /** The user's call. The choice is kept for a call that the client does not know yet. */
  #find(id: string, choice: Choice): Entry | undefined {
    const entry = this.#calls.get(id);
    if (entry === undefined) this.#earlyChoices.add(id, choice);
    return entry;
  }

  async #receiveCall(push: IncomingCallData, { channel, facts: pushFacts }: PushOptions): Promise<PushResult> {
    const receivedAt = this.#clock.now();
    await this.#ended.load();
    if (this.#isClosed) return "over";
    const choice = this.#earlyChoices.take(push.callId);
    if (this.#ended.has(push.callId)) return this.#receiveEnded(push);
    const known = this.#calls.findByPush(push);
    const ringMs = readRingMs(push) ?? defaultRingMs;
    const facts = readFacts(push);
    const entry = known ?? this.#calls.add(facts, ringMs);
    // FCM may deliver a push twice, and APNs deliver it as well.
    const isRepeat = known?.facts.callId !== undefined;
    this.#calls.name(entry, facts);
    entry.pushFacts ??= pushFacts;
    if (!isRepeat) entry.silentSince = receivedAt;
    if (channel === "apns") this.#followSystemScreen(entry);
    if (!isRepeat) await this.#handle(entry, ringMs, choice);
    return describeStage(entry);
  }

  /**
   * A call that has ended. If the PBX has announced it, it rings until its push gives it the name that its end had. If
   * not, it is kept all the same: its announcement may still be on a slow socket.
   */
  async #receiveEnded(push: IncomingCallData): Promise<PushResult> {
    const end = this.#earlyEnds.take(push.callId);
    const entry = this.#calls.findByPush(push);
    if (entry === undefined) {
      const ended = this.#calls.add(readFacts(push), readRingMs(push) ?? defaultRingMs);
      this.#calls.end(ended, end?.reason ?? "cancelled");
      return "over";
    }
    if (entry.facts.callId !== undefined) return describeStage(entry);
    // What was announced after the end may be the next ring of the same call, unless the push names its channel.
    const isItsOwn = entry.channels.has(push.pbxRingId ?? "") || end?.announced.includes(entry) === true;
    if (!isItsOwn) return "over";
    this.#calls.name(entry, readFacts(push));
    this.#follower.end(entry, end?.reason);
    await this.#follower.sendUnsent(entry);
    return describeStage(entry);
  }

  /** Does everything that the first push of a call requires. */
  async #handle(entry: Entry, ringMs: number, choice: Choice | undefined): Promise<void> {
    if (isAwaited(entry)) this.#calls.ringFor(entry, ringMs);
    const chosen = Promise.all([this.#follower.sendUnsent(entry), choice && this[choice](entry.id)]);
    if (entry.stage !== "over") await Promise.race([this.#waker.wake(entry, ringMs), entry.over]);
    await chosen;
    await this.#follower.sendFailure(entry);
  }

  #followSystemScreen(entry: Entry): void {
    entry.isOnSystemScreen = true;
    this.#follower.askWhileItRings(entry);
  }

  async #receiveEnd(push: CallEndedData): Promise<PushResult> {
    const result = this.#applyEnd(push);
    await this.#ended.save();
    return result;
  }

  #applyEnd({ callId, reason }: CallEndedData): PushResult {
    const entry = this.#calls.findByCallId(callId);
    if (entry !== undefined) {
      this.#follower.end(entry, reason);
      return describeStage(entry);
    }
    // The end may come before its call, which must not ring when it arrives.
    if (!this.#ended.has(callId)) this.#earlyEnds.set(callId, { reason, announced: this.#calls.listUnnamed() });
    this.#ended.add(callId);
    return "over";
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
