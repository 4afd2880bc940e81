import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { alice, requestPbx, startFunctions, type CallableName } from "../../support/functions.ts";
import { issueIdToken } from "../../support/identity.ts";

const functions = await startFunctions();
after(() => functions.close());
// Imported later: it would load the logger, which keeps the console that it finds.
const { callableNames } = await import("../../../functions/src/phone/callable.ts");

const { projectId } = functions;
const twoHoursAgo = Math.floor(Date.now() / 1000) - 2 * 60 * 60;
const invalid = {
  "no ID token": undefined,
  "an ID token of two hours ago": issueIdToken(projectId, alice, twoHoursAgo),
  "another project's ID token": issueIdToken("another-project", alice),
  "a uid in place of an ID token": alice.uid,
};

async function call(name: string, token: string | undefined) {
  const login = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { "content-type": "application/json", ...login };
  return requestPbx(functions.urls[name as CallableName], "POST", "/", { data: {} }, { headers });
}

describe("a callable", () => {
  for (const name of callableNames) {
    it(`refuses a phone without a valid login: ${name}`, async () => {
      for (const [what, token] of Object.entries(invalid)) {
        const { status, body } = await call(name, token);
        assert.deepEqual([status, body.error.status], [401, "UNAUTHENTICATED"], what);
      }
      assert.notEqual((await call(name, issueIdToken(projectId, alice))).status, 401);
    });
  }
});
