import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { noCounts } from "../../../functions/src/campaigns/run.ts";
import { ShardProgress, type Progress } from "../../../functions/src/campaigns/shard-progress.ts";

const fresh: Progress = { cursor: "", pending: {}, counts: noCounts, errors: {}, failed: {} };
const accepted = { status: "accepted", messageId: "m" } as const;
const unavailable = { status: "unavailable", code: "http_503" } as const;

describe("the progress of a shard", () => {
  it("counts a device once all devices before it are settled", () => {
    const progress = new ShardProgress(fresh, ["a", "b", "c", "d"]);
    progress.settle(1, accepted);
    progress.settle(3, accepted);
    assert.deepEqual(progress.describe(), fresh);
    progress.settle(0, { status: "skipped" });
    assert.deepEqual(progress.describe(), {
      ...fresh,
      cursor: "b",
      counts: { ...noCounts, accepted: 1, skipped: 1 },
    });
    progress.settle(2, { status: "unregistered", code: "UNREGISTERED" });
    assert.deepEqual(progress.describe(), {
      ...fresh,
      cursor: "d",
      counts: { ...noCounts, accepted: 2, skipped: 1, unregistered: 1 },
    });
  });

  it("lists the devices to retry, and counts them as failed when they are given up", () => {
    const progress = new ShardProgress(fresh, ["a", "b", "c"]);
    progress.settle(0, unavailable);
    progress.settle(1, { status: "rejected", code: "SENDER_ID_MISMATCH", message: "no" });
    progress.settle(2, accepted);
    assert.equal(progress.hasPending, true);
    assert.deepEqual(progress.describe(), {
      cursor: "c",
      pending: { a: "http_503" },
      counts: { ...noCounts, accepted: 1, failed: 1 },
      errors: { SENDER_ID_MISMATCH: 1 },
      failed: { b: "SENDER_ID_MISMATCH" },
    });
    progress.giveUp();
    assert.deepEqual(progress.describe(), {
      cursor: "c",
      pending: {},
      counts: { ...noCounts, accepted: 1, failed: 2 },
      errors: { SENDER_ID_MISMATCH: 1, http_503: 1 },
      failed: { a: "http_503", b: "SENDER_ID_MISMATCH" },
    });
  });

  it("continues from what an earlier worker has recorded", () => {
    const begun: Progress = {
      ...fresh,
      cursor: "m",
      pending: { a: "http_503", b: "timeout", gone: "timeout" },
      counts: { ...noCounts, accepted: 10 },
    };
    const progress = new ShardProgress(begun, ["a", "b", "n", "o"]);
    progress.settle(0, accepted);
    assert.deepEqual(progress.describe().pending, { b: "timeout" });
    assert.equal(progress.describe().cursor, "m");
    progress.settle(1, unavailable);
    progress.settle(2, accepted);
    assert.deepEqual(progress.describe(), {
      ...fresh,
      cursor: "n",
      pending: { b: "http_503" },
      counts: { ...noCounts, accepted: 12 },
    });
  });
});
