import type { Call, CallEnd } from "./call.ts";
import type { Clock } from "./clock.ts";
import { describeCall, isShown, type CallFacts, type Entry } from "./entry.ts";
import { findByChannel, findByPush } from "./pairing.ts";

/** What the calls tell the app. */
export interface CallListener {
  readonly onIncoming: (call: Call) => void;
  readonly onAnswered: (call: Call) => void;
  readonly onEnded: (call: Call, reason: CallEnd) => void;
}

/** More calls than are still spoken of. */
const remembered = 100;

/** The calls of this phone. The service and the PBX each speak of a call by an id of their own; here they meet. */
export class PhoneCalls {
  readonly #clock: Clock;
  readonly #listener: CallListener;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, listener: CallListener) {
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Enters a call that is not shown yet, and lets it ring for `ringMs` at most. */
  add(facts: CallFacts, ringMs: number): Entry {
    let resolveOver: (() => void) | undefined;
    const over = new Promise<void>((resolve) => {
      resolveOver = resolve;
    });
    const entry: Entry = {
      id: this.#coinId(facts),
      facts,
      channels: new Map(),
      stage: "waking",
      isWaiting: false,
      ringEndsAt: 0,
      over,
      resolveOver,
    };
    this.#entries.set(entry.id, entry);
    this.ringFor(entry, ringMs);
    this.#forgetOldest();
    return entry;
  }

  /** The call of that id. */
  get(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  /** The calls that ring or are active, oldest first. */
  list(): Call[] {
    return this.#all.filter(isShown).map(describeCall);
  }

  /** The call that a call push is about, even when only the PBX has spoken of it so far. */
  findByPush(push: Pick<CallFacts, "callId" | "linkedId" | "pbxRingId">): Entry | undefined {
    return findByPush(this.#all, push, this.#clock.now());
  }

  /** The call that the service calls so. */
  findByCallId(callId: string): Entry | undefined {
    return this.#all.find(({ facts }) => facts.callId === callId);
  }

  /** The call that a channel on a trunk is about. */
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
   * Lets a call ring for so long from now, unless it is answered or ended before: a lost end push leaves no phone ringing.
   * It is timed and not compared with the clock, which may be set right at any moment.
   */
  ringFor(entry: Entry, ringMs: number): void {
    entry.ringEndsAt = this.#clock.now() + ringMs;
    entry.stopRingTimer?.();
    entry.stopRingTimer = this.#clock.startTimer(ringMs, () => {
      this.end(entry, entry.stage === "waking" ? "unreachable" : "timeout");
    });
  }

  /** Makes a ringing call the active one. */
  activate(entry: Entry): void {
    entry.stopRingTimer?.();
    entry.stage = "active";
    entry.isWaiting = false;
    this.#listener.onAnswered(describeCall(entry));
  }

  /** Ends a call, once. The user hears of one that was shown, or that the phone was woken for in vain. */
  end(entry: Entry, reason: CallEnd): void {
    if (entry.stage === "over") return;
    const isTold = isShown(entry) || reason === "unreachable";
    const call = describeCall(entry);
    entry.stopRingTimer?.();
    entry.stage = "over";
    entry.resolveOver?.();
    if (isTold) this.#listener.onEnded(call, reason);
  }

  /** Ends what a channel that is gone had announced, and all that still rings of the call that it was the first of. */
  hangUpChannel(uniqueId: string): void {
    for (const entry of this.#all) {
      const { channels, facts } = entry;
      const isItsOwn = channels.has(uniqueId) || facts.pbxRingId === uniqueId;
      if (isItsOwn) channels.set(uniqueId, "gone");
      // The first channel of a call has given it its Linkedid.
      const isOver = facts.linkedId === uniqueId || (isItsOwn && ![...channels.values()].includes("up"));
      if (isOver) this.end(entry, entry.stage === "active" ? "hung_up" : "cancelled");
    }
  }

  get #all(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  /** What first became known of a call names it from then on. The next ring of a Linkedid needs another name. */
  #coinId({ callId, linkedId }: CallFacts): string {
    const name = callId ?? linkedId;
    let id = name;
    for (let count = 2; this.#entries.has(id); count += 1) id = `${name}#${count}`;
    return id;
  }

  #forgetOldest(): void {
    for (const { id, stage } of this.#entries.values()) {
      if (this.#entries.size <= remembered) return;
      if (stage === "over") this.#entries.delete(id);
    }
  }
}
