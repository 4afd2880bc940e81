import assert from "node:assert/strict";

/** How many times the median of plain requests one in a thousand hostile ones may take: scheduling and collection included. */
const allowedRatio = 60;

/** Durations of hostile requests beside those of plain ones, which are sent in between and so meet the same machine. */
export class Durations {
  readonly #plain: number[] = [];
  readonly #hostile: number[] = [];

  plain(ms: number): void {
    this.#plain.push(ms);
  }

  hostile(ms: number): void {
    this.#hostile.push(ms);
  }

  get count(): number {
    return this.#hostile.length + this.#plain.length;
  }

  /** Fails when the slowest of the hostile requests are out of all proportion; says how they compare. */
  requireBounded(): string {
    const [plain, hostile] = [rank(this.#plain, 0.5), rank(this.#hostile, 0.999)];
    const ratio = hostile / plain;
    assert.ok(ratio < allowedRatio, `one in a thousand takes ${hostile} ms, a plain request ${plain} ms`);
    return `one in a thousand takes ${hostile.toFixed(1)} ms, the median plain one ${plain.toFixed(1)} ms`;
  }
}

function rank(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
