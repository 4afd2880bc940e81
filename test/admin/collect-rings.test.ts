import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { collectRings, maxReads } from "../../admin/calls/collect-rings.ts";

const now = Date.parse("2026-11-30T05:03:02.120Z");
const span = { from: 0, to: now };

/** A database with endless rings, one a second; it counts what is read. */
function endlessDatabase() {
  const reads: number[] = [];
  const total = () => reads.reduce((sum, one) => sum + one, 0);
  const time = (ms: number) => ({ toMillis: () => ms });
  const query: any = { where: () => query, orderBy: () => query, startAfter: () => query };
  query.limit = (size: number) => ({
    get: async () => {
      const docs = Array.from({ length: size }, (_, nth) => {
        const createdAt = time(now - (total() + nth) * 1000);
        return { exists: true, createTime: {}, updateTime: {}, id: String(total() + nth), data: () => ({ createdAt }) };
      });
      reads.push(size);
      return { docs, size, empty: false };
    },
  });
  return { db: { collection: () => query } as any, reads, total };
}

describe("a search for rings", () => {
  it("reads no more than it prints, if Firestore knows which they are", async () => {
    const { db, reads } = endlessDatabase();
    const { rings, cut } = await collectRings({ db }, { asked: {}, fits: () => true, isExact: true, span, limit: 50 });
    assert.deepEqual([rings.length, cut, reads], [50, "limit", [51]]);
  });

  it("ends after so many documents, and says how far it came", async () => {
    const { db, total } = endlessDatabase();
    const told: string[] = [];
    const err = { write: (text: string) => told.push(text) };
    const search = { asked: {}, fits: () => false, isExact: false, span, limit: 50, err };
    const { rings, cut, reachedAt } = await collectRings({ db }, search);
    assert.deepEqual([rings.length, cut, total()], [0, "reads", maxReads]);
    assert.equal(reachedAt, now - (maxReads - 1) * 1000);
    assert.deepEqual(told.slice(0, 2), ["2000 rings read, 0 found …\n", "4000 rings read, 0 found …\n"]);
  });
});
