import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { requestPbx, startFunctions } from "../../support/functions.ts";
import { changeDatabase } from "../../support/failing-services.ts";
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
    const unlocked = Promise.withResolvers<void>();
    const { services } = functions;
    const { db } = services;
    let reads = 0;
    const get = async () => {
      reads += 1;
      await unlocked.promise;
      return db.doc(`lines/${call.exten}`).get();
    };
    const collection = (name: string) => (name === "lines" ? { doc: () => ({ get }) } : db.collection(name));
    const { url } = await functions.openPbx("full", changeDatabase(services, { collection }));
    const path = `/lines/${call.exten}`;
    const held = Array.from({ length: maxInFlight }, async () => requestPbx(url, "GET", path));
    await until(() => reads === maxInFlight);

    const refused = await requestPbx(url, "POST", "/calls", { ...call, call_id: "2.1" });
    assert.deepEqual([refused.status, refused.body.error.code], [503, "try_again"]);
    assert.equal(refused.headers.get("retry-after"), "1");
    assert.equal((await requestPbx(url, "POST", "/calls?format=text", call)).text, "ERROR try_again\n");
    assert.equal((await functions.services.db.collection("rings").where("linkedId", "==", "2.1").get()).size, 0);
    assert.equal((await requestPbx(url, "GET", "/health")).status, 200);
    assert.equal(told("instance_full"), 1);

    unlocked.resolve();
    for (const { status } of await Promise.all(held)) assert.equal(status, 200);
    await until(async () => (await requestPbx(url, "POST", "/calls", { ...call, call_id: "2.2" })).status === 200);
  });
});
