import assert from "node:assert/strict";
import type { Received, Sent } from "./http.ts";

/** How many times the median of plain requests a hostile one may take; independent of the machine's speed. */
const allowedRatio = 30;

/** The number of slowest requests that are sent again. */
const suspects = 20;

/** The durations of hostile requests, and of plain ones sent in between, on the same machine under the same load. */
export class Durations {
  readonly #plain: number[] = [];
  #slowest: { readonly sent: Sent; readonly ms: number }[] = [];
  #count = 0;

  plain({ ms }: Received): void {
    this.#plain.push(ms);
  }

  hostile(sent: Sent, { ms }: Received): void {
    this.#count += 1;
    if (this.#slowest.length === suspects && ms < (this.#slowest.at(-1)?.ms ?? 0)) return;
    this.#slowest = [...this.#slowest, { sent, ms }].toSorted((one, other) => other.ms - one.ms).slice(0, suspects);
  }

  /** The number of hostile requests. */
  get count(): number {
    return this.#count;
  }

  /**
   * Sends the slowest requests three more times: garbage collection and first-time costs do not repeat, true slowness does.
   * Fails when one still takes disproportionately longer than plain requests.
   */
  async requireBounded(send: (sent: Sent) => Promise<Received>): Promise<string> {
    const plain = this.#plain.toSorted((one, other) => one - other)[Math.floor(this.#plain.length / 2)] ?? 0;
    let slowest = 0;
    for (const { sent } of this.#slowest) {
      const again = [await send(sent), await send(sent), await send(sent)].map(({ ms }) => ms);
      const least = Math.min(...again);
      assert.ok(
        least < allowedRatio * plain,
        `${least} ms, a plain one ${plain} ms: ${JSON.stringify(sent).slice(0, 500)}`,
      );
      slowest = Math.max(slowest, least);
    }
    return `${this.#count} timed requests: the slowest takes ${slowest.toFixed(1)} ms, the median plain one ${plain.toFixed(1)} ms`;
  }
}
