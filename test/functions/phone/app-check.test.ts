import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { alice, startFunctions, type CallableName } from "../../support/functions.ts";

const functions = await startFunctions({ ENFORCE_APP_CHECK: "true" });
after(() => functions.close());
// Imported later: it would load the logger, which keeps the console that it finds.
const { callableNames } = await import("../../../functions/src/phone/callable.ts");

describe("a deployment that enforces App Check", () => {
  for (const name of callableNames) {
    it(`refuses a phone without proof that it runs the genuine app: ${name}`, async () => {
      const answer = await functions.call(name as CallableName, alice, {});
      assert.deepEqual([answer.status, answer.body.error.status], [401, "UNAUTHENTICATED"]);
      assert.match(answer.body.error.message, /App Check/);
    });
  }
});
