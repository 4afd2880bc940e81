import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mergeRings } from "../../console/src/pages/calls/merge-rings.ts";
import type { RingRow } from "../../functions/src/console/wire.ts";

const ring = (callId: string, second: number, status: RingRow["status"] = "waking"): RingRow => ({
  callId,
  status,
  pbxId: "pbx-1",
  linkedId: callId,
  exten: "101",
  phones: [],
  isOpen: true,
  announcedAt: new Date(second * 1000).toISOString(),
});

describe("the live tail", () => {
  it("puts new rings first and changed ones in the place of what they were", () => {
    const list = [ring("b", 2), ring("a", 1)];
    const merged = mergeRings(list, [ring("a", 1, "answered"), ring("c", 3)]);
    assert.deepEqual(
      merged.map(({ callId, status }) => `${callId} ${status}`),
      ["c waking", "b waking", "a answered"],
    );
  });
});
