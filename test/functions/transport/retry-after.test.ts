import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseRetryAfter } from "../../../functions/src/transport/retry-after.ts";

const now = Date.UTC(2026, 10, 2, 3, 4, 5);

describe("Retry-After", () => {
  const readings: [string, number | undefined][] = [
    ["0", 0],
    ["120", 120_000],
    [" 5 ", 5000],
    ["Mon, 02 Nov 2026 03:04:35 GMT", 30_000],
    ["Monday, 02-Nov-26 03:04:35 GMT", 30_000],
    ["Mon, 02 Nov 2026 03:00:00 GMT", 0],
    ["86400", 3_600_000],
    ["Tue, 03 Nov 2026 03:04:35 GMT", 3_600_000],
    ["-5", undefined],
    ["1.5", undefined],
    ["soon", undefined],
    ["", undefined],
    ["Mon, 99 Foo 2026 03:04:35 GMT", undefined],
    ["2026-11-02T03:04:35Z", undefined],
  ];
  for (const [header, wait] of readings) {
    it(`${JSON.stringify(header)} is ${wait === undefined ? "ignored" : `a wait of ${wait} ms`}`, () => {
      assert.equal(parseRetryAfter(header, now), wait);
    });
  }

  it("can be missing", () => {
    assert.equal(parseRetryAfter(undefined, now), undefined);
  });
});
