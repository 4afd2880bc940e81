import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { alice, startFunctions } from "../../support/functions.ts";

const functions = await startFunctions({ ENFORCE_APP_CHECK: "true" });
after(() => functions.close());

describe("a deployment that enforces App Check", () => {
  it("refuses a phone without proof that it runs the genuine app", async () => {
    const answer = await functions.call("getServerSettings", alice, null);
    assert.deepEqual([answer.status, answer.body.error.status], [401, "UNAUTHENTICATED"]);
    assert.match(answer.body.error.message, /App Check/);
  });
});
