import type { Connection } from "./connection.ts";
import { isAwaited, type Entry } from "./entry.ts";
import type { Follower } from "./follower.ts";
import type { PhoneCalls } from "./phone-calls.ts";

/** Brings a phone that a push has woken to its PBX, and lets the call ring there. Never rejects. */
export class Waker {
  readonly #connection: Connection;
  readonly #calls: PhoneCalls;
  readonly #follower: Follower;

  constructor(connection: Connection, calls: PhoneCalls, follower: Follower) {
    this.#connection = connection;
    this.#calls = calls;
    this.#follower = follower;
  }

  /** Resolves when the service knows that the phone is ready, or the call is given up. */
  async wake(entry: Entry, ringMs: number): Promise<void> {
    // The call may be over already; a phone that is connected learns that from its next receipt.
    if (isAwaited(entry) && !this.#connection.isOpen) void this.#follower.sendReceipt(entry, "received");
    try {
      await this.#connection.ensure(ringMs);
    } catch {
      this.#giveUp(entry);
      return;
    }
    if (entry.stage === "over") return;
    entry.isConnecting = false;
    if (!isAwaited(entry)) return;
    const reported = this.#follower.sendReceipt(entry, "ready");
    await this.#follower.waitForAnswer(entry, reported);
    if (entry.stage === "waking") this.#calls.show(entry);
    await reported;
  }

  /**
   * The phone did not get to its PBX while the call rang. A call that is shown keeps ringing: the user may still answer
   * it.
   */
  #giveUp(entry: Entry): void {
    if (entry.stage === "waking" || entry.isConnecting) this.#calls.end(entry, "unreachable");
  }
}
