import assert from "node:assert/strict";

/** How many times the median of plain requests a hostile one may take: scheduling and collection included. */
const allowedRatio = 60;

/** The slowest few are the first of their kind, and those that met the garbage collector. */
const excused = 5;

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

  /** Fails when hostile requests take out of all proportion longer than plain ones; says how they compare. */
  requireBounded(): string {
    const hostile = this.#hostile.toSorted((one, other) => other - one)[excused] ?? 0;
    const plain = this.#plain.toSorted((one, other) => one - other)[Math.floor(this.#plain.length / 2)] ?? 0;
    const comparison = `the sixth slowest takes ${hostile.toFixed(1)} ms, the median plain one ${plain.toFixed(1)} ms`;
    assert.ok(hostile < allowedRatio * plain, comparison);
    return comparison;
  }
}
