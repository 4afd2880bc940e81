import { nameFailure, type Outcome } from "../fcm/outcome.ts";
import type { Counts, ShardDocument } from "./run.ts";

/** What a worker writes down of its shard. */
export type Progress = Pick<ShardDocument, "cursor" | "pending" | "counts" | "errors" | "failed">;

/** How one device of a shard fared. */
export type Fate = Outcome | { readonly status: "skipped" };

/**
 * The books of one worker. Outcomes come in any order; a device is entered once all before it have been, so that what is
 * written down is exact up to the cursor and silent about the rest, which a successor sends again.
 */
export class ShardProgress {
  readonly #deviceIds: readonly string[];
  /** Outcomes by index that came before one of an earlier device. */
  readonly #early = new Map<number, Fate>();
  readonly #counts: { -readonly [Name in keyof Counts]: number };
  readonly #errors: Map<string, number>;
  readonly #failed: Map<string, string>;
  readonly #pending: Map<string, string>;
  #cursor: string;
  #entered = 0;

  /** Goes on from what is recorded, with the devices in the order in which they are sent to. */
  constructor(begun: Progress, deviceIds: readonly string[]) {
    const present = new Set(deviceIds);
    this.#deviceIds = deviceIds;
    this.#counts = { ...begun.counts };
    this.#errors = new Map(Object.entries(begun.errors));
    this.#failed = new Map(Object.entries(begun.failed));
    // Who has been forgotten in the meantime waits for nothing.
    this.#pending = new Map(Object.entries(begun.pending).filter(([deviceId]) => present.has(deviceId)));
    this.#cursor = begun.cursor;
  }

  /** Takes down what became of the device at `index`. */
  settle(index: number, fate: Fate): void {
    this.#early.set(index, fate);
    for (let next = this.#early.get(this.#entered); next !== undefined; next = this.#early.get(this.#entered)) {
      this.#early.delete(this.#entered);
      this.#enter(this.#deviceIds[this.#entered] ?? "", next);
      this.#entered += 1;
    }
  }

  /** Whether a device is to be tried again. */
  get hasPending(): boolean {
    return this.#pending.size > 0;
  }

  /** Counts every device that is pending as failed. */
  giveUp(): void {
    for (const [deviceId, code] of this.#pending) this.#fail(deviceId, code);
    this.#pending.clear();
  }

  /** How far it has come. */
  describe(): Progress {
    return {
      cursor: this.#cursor,
      pending: Object.fromEntries(this.#pending),
      counts: { ...this.#counts },
      errors: Object.fromEntries(this.#errors),
      failed: Object.fromEntries(this.#failed),
    };
  }

  #enter(deviceId: string, fate: Fate): void {
    this.#pending.delete(deviceId);
    if (deviceId > this.#cursor) this.#cursor = deviceId;
    if (fate.status === "unavailable") this.#pending.set(deviceId, nameFailure(fate));
    else if (fate.status === "rejected") this.#fail(deviceId, nameFailure(fate));
    else this.#counts[fate.status] += 1;
  }

  #fail(deviceId: string, code: string): void {
    this.#counts.failed += 1;
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
    this.#failed.set(deviceId, code);
  }
}
