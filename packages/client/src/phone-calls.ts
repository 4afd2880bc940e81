import type { Call, CallEnd } from "./call.ts";
import type { Clock } from "./clock.ts";
import type { EndedCalls } from "./ended-calls.ts";
import { describeCall, isShown, type CallFacts, type Entry } from "./entry.ts";
import { findByChannel, findByPush } from "./pairing.ts";

/** Callbacks to the app. */
export interface CallListener {
  readonly onIncoming: (call: Call) => void;
  readonly onAnswered: (call: Call) => void;
  readonly onEnded: (call: Call, reason: CallEnd) => void;
  /** A call is over, whether the app is told or not. */
  readonly onOver: () => void;
}

/** Maximum number of calls kept: more than those about which messages may still arrive. */
const maxEntries = 100;

/** The calls of this phone. The service and the PBX each name a call by an id of their own; this class matches them. */
export class PhoneCalls {
  readonly #clock: Clock;
  readonly #ended: EndedCalls;
  readonly #listener: CallListener;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, ended: EndedCalls, listener: CallListener) {
    this.#clock = clock;
    this.#ended = ended;
    this.#listener = listener;
  }

  /** Adds a call that is not shown yet, with a ring time of `ringMs`. */
  add(facts: CallFacts, ringMs: number): Entry {
    let resolveOver: (() => void) | undefined;
    const over = new Promise<void>((resolve) => {
      resolveOver = resolve;
    });
    const entry: Entry = {
      id: this.#chooseId(facts),
      facts,
      channels: new Map(),
      stage: "waking",
      isWaiting: false,
      isOnSystemScreen: false,
      isConnecting: false,
      ringMs,
      ringEndsAt: 0,
      unsent: [],
      receipt: "received",
      over,
      resolveOver,
    };
    this.#entries.set(entry.id, entry);
    this.ringFor(entry, ringMs);
    this.#forgetOldest();
    return entry;
  }

  /** The call with this id, or with this id of the service, which CallKit writes in capitals. */
  get(id: string): Entry | undefined {
    const name = id.toLowerCase();
    return this.#entries.get(id) ?? this.#all.find(({ facts }) => facts.callId?.toLowerCase() === name);
  }

  /** The calls that ring or are active, oldest first. */
  list(): Call[] {
    return this.#all.filter(isShown).map(describeCall);
  }

  /** Whether a call wakes the phone, rings or is active. */
  get isBusy(): boolean {
    return this.#all.some(({ stage }) => stage !== "over");
  }

  /** The call of a call push, even if only the PBX has announced it so far. */
  findByPush(push: Pick<CallFacts, "callId" | "linkedId" | "pbxRingId">): Entry | undefined {
    return findByPush(this.#all, push, this.#clock.now());
  }

  /** The call with this id of the service. */
  findByCallId(callId: string): Entry | undefined {
    return this.#all.find(({ facts }) => facts.callId === callId);
  }

  /** The calls that only the PBX has announced. */
  listUnnamed(): readonly Entry[] {
    return this.#all.filter(({ facts }) => facts.callId === undefined);
  }

  /** Adds what only the push knows of a call that the PBX has announced: the service's id, and the PBX's of the ring. */
  name(entry: Entry, facts: CallFacts): void {
    entry.facts = { ...facts, ...entry.facts };
    if (entry.stage === "over") this.#rememberEnd(entry);
  }

  /** The call of a channel on a trunk. */
  findByChannel(linkedId: string, uniqueId: string): Entry | undefined {
    return findByChannel(this.#all, linkedId, uniqueId, this.#clock.now());
  }

  /** Shows the call, for as long as it rings. */
  show(entry: Entry): void {
    entry.stage = "ringing";
    entry.isWaiting = this.#all.some(({ stage }) => stage === "active");
    this.#listener.onIncoming(describeCall(entry));
  }

  /**
   * Limits a call's ring time from now on, unless it is answered or ended before: if the end push is lost, the phone
   * stops anyway. It uses a timer and does not compare clock times, because the clock may be corrected at any moment.
   */
  ringFor(entry: Entry, ringMs: number): void {
    entry.ringMs = ringMs;
    entry.ringEndsAt = this.#clock.now() + ringMs;
    entry.stopRingTimer?.();
    entry.stopRingTimer = this.#clock.startTimer(ringMs, () => {
      this.end(entry, entry.stage === "waking" ? "unreachable" : "timeout");
    });
  }

  /** Makes a ringing call the active one. */
  activate(entry: Entry): void {
    stopTimers(entry);
    // One that says that it is ready has its PBX, and only waits for the service.
    entry.isConnecting = entry.stage === "waking" && entry.receipt !== "ready";
    entry.stage = "active";
    entry.isWaiting = false;
    this.#listener.onAnswered(describeCall(entry));
  }

  /** Ends a call, once. The app is told if a screen shows the call, or if the phone could not reach its PBX. */
  end(entry: Entry, reason: CallEnd): void {
    if (entry.stage === "over") return;
    const isTold = isShown(entry) || entry.isOnSystemScreen || reason === "unreachable";
    const call = describeCall(entry);
    stopTimers(entry);
    entry.stage = "over";
    entry.end = reason;
    this.#rememberEnd(entry);
    entry.resolveOver?.();
    if (isTold) this.#listener.onEnded(call, reason);
    this.#listener.onOver();
  }

  /**
   * Ends the call that a closed channel had announced. If it was the first channel of a call, ends everything that
   * still rings for that call.
   */
  hangUpChannel(uniqueId: string): void {
    for (const entry of this.#all) {
      const { channels, facts } = entry;
      const isItsOwn = channels.has(uniqueId) || facts.pbxRingId === uniqueId;
      if (isItsOwn) channels.set(uniqueId, "gone");
      // A call's Linkedid is the Uniqueid of its first channel.
      const isOver = facts.linkedId === uniqueId || (isItsOwn && ![...channels.values()].includes("up"));
      if (isOver) this.end(entry, entry.stage === "active" ? "hung_up" : "cancelled");
    }
  }

  /** Drops every call without an event. */
  close(): void {
    for (const entry of this.#all) {
      stopTimers(entry);
      entry.stage = "over";
      entry.resolveOver?.();
    }
  }

  #rememberEnd({ facts }: Entry): void {
    if (facts.callId !== undefined) this.#ended.add(facts.callId);
  }

  get #all(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  /** A call's id is the first id by which it became known. A later ring of the same Linkedid needs another id. */
  #chooseId({ callId, linkedId }: CallFacts): string {
    const name = callId ?? linkedId;
    let id = name;
    for (let count = 2; this.#entries.has(id); count += 1) id = `${name}#${count}`;
    return id;
  }

  #forgetOldest(): void {
    for (const { id, stage } of this.#entries.values()) {
      if (this.#entries.size <= maxEntries) return;
      if (stage === "over") this.#entries.delete(id);
    }
  }
}

function stopTimers({ stopRingTimer, stopAsking }: Entry): void {
  stopRingTimer?.();
  stopAsking?.();
}
