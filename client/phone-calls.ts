import type { Receipt } from "../functions/src/wire.ts";
import type { Call, CallEnd } from "./call.ts";
import type { Clock } from "./clock.ts";

/** How far a call has come on this phone. One that is over is remembered: word of it may still be on its way. */
export type Stage = "waking" | "ringing" | "active" | "over";

/** Who calls whom, as a push or an event of the PBX tells it. */
export type CallFacts = Omit<Call, "id" | "state" | "ringEndsAt" | "waiting">;

/** What the client knows of one call. */
export interface Entry {
  readonly id: string;
  facts: CallFacts;
  stage: Stage;
  isWaiting: boolean;
  /** By this phone's clock, in milliseconds since the epoch. */
  ringEndsAt: number;
  /** What the user decided before the service's id of the call was known. */
  unsent?: Receipt;
  stopRingTimer?: () => void;
  /** Resolves when the call is over. */
  readonly over: Promise<void>;
  readonly resolveOver: (() => void) | undefined;
}

/** Whom the calls tell what the user is to see. */
export interface Audience {
  readonly onIncoming: (call: Call) => void;
  readonly onAnswered: (call: Call) => void;
  readonly onEnded: (call: Call, reason: CallEnd) => void;
}

/** More calls than are still spoken of. */
const remembered = 100;

/** The calls of this phone. The service and the PBX each speak of a call by an id of their own; here they meet. */
export class PhoneCalls {
  readonly #clock: Clock;
  readonly #audience: Audience;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, audience: Audience) {
    this.#clock = clock;
    this.#audience = audience;
  }

  /** Enters a call that is not shown yet. What first became known of it names it from then on. */
  add(facts: CallFacts, ringMs: number): Entry {
    let resolveOver: (() => void) | undefined;
    const over = new Promise<void>((resolve) => {
      resolveOver = resolve;
    });
    const id = facts.callId ?? facts.linkedId;
    const ringEndsAt = this.#clock.now() + ringMs;
    const entry: Entry = { id, facts, stage: "waking", isWaiting: false, ringEndsAt, over, resolveOver };
    this.#entries.set(id, entry);
    this.#forgetOldest();
    return entry;
  }

  /** The call of that id. */
  get(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  /** The calls that ring or are active, oldest first. */
  list(): Call[] {
    return [...this.#entries.values()].filter(isShown).map(describeCall);
  }

  /** The call that a push speaks of, even when only the PBX has spoken of it so far. */
  findByPush(callId: string, linkedId?: string): Entry | undefined {
    const entries = [...this.#entries.values()];
    return (
      entries.find(({ facts }) => facts.callId === callId) ??
      entries.find(({ facts }) => facts.callId === undefined && facts.linkedId === linkedId)
    );
  }

  /** The call that an event of the PBX speaks of. */
  findByLinkedId(linkedId: string): Entry | undefined {
    return [...this.#entries.values()].find(({ facts }) => facts.linkedId === linkedId);
  }

  /** Shows the call, for as long as it rings. */
  show(entry: Entry): void {
    entry.stage = "ringing";
    entry.isWaiting = [...this.#entries.values()].some(({ stage }) => stage === "active");
    this.ringUntil(entry, entry.ringEndsAt);
    this.#audience.onIncoming(describeCall(entry));
  }

  /** Lets a call that is shown ring until then, unless it is answered or ended before. A lost end push leaves no phone ringing. */
  ringUntil(entry: Entry, ringEndsAt: number): void {
    entry.ringEndsAt = ringEndsAt;
    entry.stopRingTimer?.();
    const ms = Math.max(0, ringEndsAt - this.#clock.now());
    entry.stopRingTimer = this.#clock.startTimer(ms, () => this.end(entry, "timeout"));
  }

  /** Makes a ringing call the active one. */
  activate(entry: Entry): void {
    entry.stopRingTimer?.();
    entry.stage = "active";
    entry.isWaiting = false;
    this.#audience.onAnswered(describeCall(entry));
  }

  /** Ends a call, once. */
  end(entry: Entry, reason: CallEnd): void {
    if (entry.stage === "over") return;
    const call = isShown(entry) ? describeCall(entry) : undefined;
    entry.stopRingTimer?.();
    entry.stage = "over";
    entry.resolveOver?.();
    if (call !== undefined) this.#audience.onEnded(call, reason);
  }

  #forgetOldest(): void {
    for (const { id, stage } of this.#entries.values()) {
      if (this.#entries.size <= remembered) return;
      if (stage === "over") this.#entries.delete(id);
    }
  }
}

function isShown({ stage }: Entry): boolean {
  return stage === "ringing" || stage === "active";
}

function describeCall({ id, facts, stage, ringEndsAt, isWaiting }: Entry): Call {
  return { ...facts, id, state: stage === "active" ? "active" : "ringing", ringEndsAt, waiting: isWaiting };
}
