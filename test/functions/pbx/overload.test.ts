import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startFunctions } from "../../support/functions.ts";
import { addLine, call, resetState } from "../../support/line.ts";
import { until } from "../../support/until.ts";

const functions = await startFunctions();
after(() => functions.close());
// Imported later: it would load the logger, which keeps the console that it finds.
const { maxInFlight } = await import("../../../functions/src/pbx/http-api.ts");

const told = (event: string) => functions.logged.filter((line) => line.includes(event)).length;

describe("an instance at its in-flight limit", () => {
  before(async () => {
    await resetState(functions);
    await addLine(functions, 1);
  });

  it("refuses further requests at once with a Retry-After, and loses none", async () => {
    const held = new AbortController();
    const calls = Array.from({ length: maxInFlight }, async (_, nth) =>
      functions.pbx("POST", "/calls", { ...call, call_id: `1.${nth}`, wait_seconds: 20 }, { signal: held.signal }),
    );
    await until(() => told("call_woken") === maxInFlight);

    const refused = await functions.pbx("POST", "/calls", { ...call, call_id: "2.1" });
    assert.deepEqual([refused.status, refused.body.error.code], [503, "try_again"]);
    assert.equal(refused.headers.get("retry-after"), "1");
    assert.equal((await functions.pbx("POST", "/calls?format=text", call)).text, "ERROR try_again\n");
    assert.equal((await functions.services.db.collection("rings").where("linkedId", "==", "2.1").get()).size, 0);
    assert.equal((await functions.pbx("GET", "/health")).status, 200);
    assert.equal(told("instance_full"), 1);

    held.abort();
    await Promise.allSettled(calls);
    await until(async () => (await functions.pbx("POST", "/calls", { ...call, call_id: "2.2" })).status === 200);
    const recorded = await functions.services.db.collection("rings").count().get();
    assert.equal(recorded.data().count, maxInFlight + 1);
  });
});
