import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { alice, startFunctions, type TestFunctions } from "../../support/functions.ts";

let functions: TestFunctions;
before(async () => {
  functions = await startFunctions({ ENFORCE_APP_CHECK: "true" });
});
after(async () => {
  await functions.close();
});

describe("a deployment that enforces App Check", () => {
  it("refuses a phone that cannot show it runs the genuine app", async () => {
    const answer = await functions.call("getServerSettings", alice, null);
    assert.deepEqual([answer.status, answer.body.error.status], [401, "UNAUTHENTICATED"]);
    assert.match(answer.body.error.message, /App Check/);
  });
});
