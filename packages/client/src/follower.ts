import type { EndReason, Receipt } from "../../../functions/src/wire.ts";
import { waitAtMost, type Clock } from "./clock.ts";
import type { Connection } from "./connection.ts";
import { isAwaited, type Entry } from "./entry.ts";
import type { PhoneCalls } from "./phone-calls.ts";
import type { Answer, Reporter, Said } from "./report.ts";

/** How long a phone that is ready waits for a silent service before it rings, in milliseconds. */
const patienceMs = 2_000;

/** How long it waits for the answer to this report: without a network, no earlier one has left. */
const answerMs = 700;

/** How long the phone goes on to say that a call failed after the ring time, in milliseconds. */
const afterRingMs = 10_000;

/** How often an iPhone asks whether a call still rings, in milliseconds. */
const askMs = 3_000;

/** What a follower works with. */
export interface FollowerParts {
  readonly clock: Clock;
  readonly connection: Pick<Connection, "failure" | "isFailing">;
  readonly calls: PhoneCalls;
  readonly reporter: Reporter;
}

/** Reports what happens to the calls on this phone, and follows the service's answers. Never rejects. */
export class Follower {
  readonly #parts: FollowerParts;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
  }

  /** Sends a receipt while the call rings; stops ringing if the service says so. */
  async sendReceipt(entry: Entry, event: Entry["receipt"]): Promise<void> {
    entry.receipt = event;
    entry.silentSince ??= this.#parts.clock.now();
    this.#follow(entry, await this.#parts.reporter.send(entry, event));
  }

  /** Waits for the answer to a receipt, unless the service has been silent for too long. */
  async waitForAnswer({ silentSince }: Entry, answered: Promise<void>): Promise<void> {
    const { clock } = this.#parts;
    const now = clock.now();
    const leftMs = Math.max(patienceMs - (now - (silentSince ?? now)), answerMs);
    // The clock may have been corrected meanwhile.
    await waitAtMost(clock, Math.min(patienceMs, leftMs), answered);
  }

  /** Sends what the user did, once the service's id of the call is known. */
  async sendChoice(entry: Entry, event: Receipt): Promise<void> {
    entry.unsent.push(event);
    await this.sendUnsent(entry);
  }

  /** Sends what the user has done so far, in order: an end before its answer would be the end of a missed call. */
  async sendUnsent(entry: Entry): Promise<void> {
    if (entry.facts.callId === undefined) return;
    for (const event of entry.unsent.splice(0)) entry.sent = this.#insist(entry, event, entry.sent);
    await entry.sent;
  }

  /** Says why a call never got to its PBX, and that it is over if the user had answered it all the same. */
  async sendFailure(entry: Entry): Promise<void> {
    if (entry.end !== "unreachable") return;
    const { reporter, connection, clock } = this.#parts;
    const { failure } = connection;
    await entry.sent;
    const said: Said[] = [];
    if (failure !== undefined) said.push({ event: "failed", reason: failure });
    if (entry.isConnecting) said.push({ event: "ended" });
    // The clock may have been corrected meanwhile.
    const ringMs = Math.min(entry.ringMs, Math.max(0, entry.ringEndsAt - clock.now()));
    await reporter.insist(entry, ringMs + afterRingMs, ...said);
  }

  /** Asks at a fixed rate: the next question does not wait for an answer that a dead connection has swallowed. */
  askWhileItRings(entry: Entry): void {
    if (isAwaited(entry) && entry.stopAsking === undefined) this.#askLater(entry);
  }

  /**
   * Ends a call because the service says so. An answer ends the ringing, but not the active call of the phone that
   * answered.
   */
  end(entry: Entry, reason: EndReason = "cancelled"): void {
    const { calls, connection } = this.#parts;
    const isTaken = reason === "answered" || reason === "answered_elsewhere";
    if (isTaken && entry.stage === "active") return;
    // The call would have rung, but the PBX refuses this phone's connection.
    const isUnreachable = !isTaken && entry.stage === "waking" && connection.isFailing;
    calls.end(entry, isUnreachable ? "unreachable" : reason);
  }

  /** The call may have been over before the user did that. */
  async #insist(entry: Entry, event: Receipt, earlier: Promise<void> | undefined): Promise<void> {
    if (earlier !== undefined) await earlier;
    const { reporter, calls } = this.#parts;
    const state = await reporter.insist(entry, entry.ringMs, { event });
    if (state === "refused") calls.end(entry, "cancelled");
    else if (state?.status === "ended") this.end(entry, state.reason);
  }

  #askLater(entry: Entry): void {
    entry.stopAsking = this.#parts.clock.startTimer(askMs, () => {
      this.#askLater(entry);
      void this.#ask(entry);
    });
  }

  async #ask(entry: Entry): Promise<void> {
    this.#follow(entry, await this.#parts.reporter.ask(entry));
  }

  /** Stops ringing if the service says so. Without an answer, the phone follows the push. */
  #follow(entry: Entry, state: Answer): void {
    if (state !== undefined) entry.silentSince = undefined;
    if (!isAwaited(entry)) return;
    if (state === "refused") this.#parts.calls.end(entry, "cancelled");
    else if (state?.ringing === false) this.end(entry, state.reason ?? "missed");
  }
}
