import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { consolePath } from "../../../functions/src/console/wire.ts";
import { askAs, refusalOf } from "../../support/console.ts";
import { alice, bob, olga, startFunctions, type Person } from "../../support/functions.ts";
import { issueIdToken } from "../../support/identity.ts";

const gone: Person = { uid: "gone", email: "gone@example.com", operator: true };
const dismissed: Person = { uid: "dismissed", email: "dismissed@example.com", operator: true };
const disabled: Person = { uid: "disabled", email: "disabled@example.com", operator: true, disabled: true };
const second: Person = { uid: "oscar", email: "oscar@example.com", operator: true };
const people = [alice, bob, olga, second, disabled, { ...dismissed, operator: false }];
const functions = await startFunctions({}, people);
after(() => functions.close());

const { dismissOperator } = await import("../../../functions/src/users/operators.ts");
const { projectId } = functions;
const stranger = { status: 403, code: "PERMISSION_DENIED", message: "Only for operators", details: undefined };
const site = `https://${projectId}.web.app`;

async function post(headers: Record<string, string>, { method = "POST", data = { do: "session" } } = {}) {
  const login = { authorization: `Bearer ${issueIdToken(projectId, olga)}`, "content-type": "application/json" };
  const body = method === "POST" ? { body: JSON.stringify({ data }) } : {};
  return fetch(functions.urls.console, { method, headers: { ...login, ...headers }, ...body });
}

describe("the console's callable", () => {
  it("answers an operator", async () => {
    const { uid, email, project, timeZone } = await askAs(functions)("session");
    assert.deepEqual([uid, email, project, timeZone], ["olga", "olga@example.com", projectId, "Asia/Seoul"]);
  });

  it("answers at the page's own path, which Firebase Hosting passes on", async () => {
    const headers = { authorization: `Bearer ${issueIdToken(projectId, olga)}`, "content-type": "application/json" };
    const body = JSON.stringify({ data: { do: "session" } });
    const response = await fetch(`${functions.urls.console}${consolePath}`, { method: "POST", headers, body });
    assert.equal(response.status, 200);
  });

  it("tells a stranger the same whatever they ask, and reads nothing for them", async () => {
    const asked = [{ do: "session" }, { do: "keys" }, { do: "no-such-thing" }, {}, { do: "call", call: 7 }];
    for (const data of asked) assert.deepEqual(await refusalOf(functions, data, alice), stranger);
  });

  it("refuses a request without a login", async () => {
    const { status, body } = await functions.call("console", undefined, { do: "session" });
    assert.deepEqual([status, body.error.status], [401, "UNAUTHENTICATED"]);
  });

  it("asks Firebase Auth whether the token's claim still holds", async () => {
    assert.deepEqual(await refusalOf(functions, { do: "session" }, dismissed), stranger);
    // The emulator's Admin SDK refuses a user that is gone by itself; in the cloud it would not look.
    const { status } = await refusalOf(functions, { do: "session" }, gone);
    assert.ok(status === 401 || status === 403);
  });

  for (const claims of [
    { operator: "true" },
    { operator: 1 },
    { operator: {} },
    { operator: [true] },
    { operator: null },
    { operator: false, ["__proto__"]: { operator: true } },
    { claims: { operator: true }, operator: undefined },
    { sub: "alice", user_id: "alice" },
    { aud: "another-project" },
    { iss: "https://securetoken.google.com/another-project" },
    { exp: 1_700_000_000 },
    { sub: "" },
    { sub: disabled.uid, user_id: disabled.uid },
  ]) {
    it(`answers no token that says ${JSON.stringify(claims)}`, async () => {
      const authorization = `Bearer ${issueIdToken(projectId, second, undefined, claims)}`;
      const response = await post({ authorization });
      assert.ok(response.status === 401 || response.status === 403, String(response.status));
      assert.deepEqual(Object.keys((await response.json()) as object), ["error"]);
    });
  }

  it("answers nothing from the moment that the right is taken, although the token lives on", async () => {
    assert.equal((await refusalOf(functions, { do: "session" }, second)).status, 200);
    await dismissOperator(functions.services, second.uid);
    const { status } = await refusalOf(functions, { do: "session" }, second);
    assert.ok(status === 401 || status === 403, String(status));
  });

  it("says what is wrong with a question, field by field", async () => {
    const wrong = await refusalOf(functions, { do: "calls", limit: 101, statuss: "ended", since: "yesterday" });
    assert.deepEqual([wrong.status, wrong.code, wrong.details.code], [400, "INVALID_ARGUMENT", "invalid_request"]);
    const paths = wrong.details.issues.map(({ path }: { path: string }) => path).toSorted();
    assert.deepEqual(paths, ["", "limit", "since"]);
    assert.match(wrong.message, /limit must be at most 100/);
    const unknown = await refusalOf(functions, { do: "no-such-thing" });
    assert.match(unknown.message, /^do must be one of session, /);
  });
});

describe("a page of another origin", () => {
  for (const origin of ["https://evil.example", "null", `http://${projectId}.web.app`, `${site}.evil.example`]) {
    it(`is refused, and may not read why: ${origin}`, async () => {
      const response = await post({ origin });
      assert.equal(response.status, 403);
      assert.equal(response.headers.get("access-control-allow-origin"), null);
      const preflight = await post({ origin }, { method: "OPTIONS" });
      assert.equal(preflight.status, 403);
      assert.equal(preflight.headers.get("access-control-allow-origin"), null);
    });
  }

  for (const origin of [site, `https://${projectId}.firebaseapp.com`, "http://127.0.0.1:5063"]) {
    it(`is the console's own: ${origin}`, async () => {
      const response = await post({ origin });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("access-control-allow-origin"), origin);
      const preflight = await post({ origin }, { method: "OPTIONS" });
      assert.equal(preflight.status, 204);
      assert.equal(preflight.headers.get("access-control-allow-methods"), "POST");
      assert.match(preflight.headers.get("access-control-allow-headers") ?? "", /authorization/);
    });
  }

  it("gets nothing from a cache", async () => {
    const response = await post({ origin: site });
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.match(response.headers.get("vary") ?? "", /origin/i);
  });
});

describe("an operator who asks too often", () => {
  it("hears so, and others are answered", async () => {
    const answers = await Promise.all(
      Array.from({ length: 80 }, async () => functions.call("console", olga, { do: "session" })),
    );
    const refused = answers.filter(({ status }) => status === 429);
    assert.ok(refused.length > 0);
    assert.equal(refused[0]?.body.error.status, "RESOURCE_EXHAUSTED");
    assert.deepEqual(await refusalOf(functions, { do: "session" }, alice), stranger);
  });

  it("is not a stranger, who is refused by the token alone and never counted", async () => {
    const answers = await Promise.all(
      Array.from({ length: 80 }, async () => functions.call("console", bob, { do: "session" })),
    );
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [403]);
  });
});
