import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { startFunctions } from "../../support/functions.ts";
import { pushesTo, resetState } from "../../support/line.ts";

const functions = await startFunctions();
await functions.deliverMessages();
after(() => functions.close());
beforeEach(() => resetState(functions));

const json = { headers: { authorization: "Bearer demo-pbx-key", "content-type": "application/json" } };

/** A request with `data` to each route that accepts it, for a token. */
const routes: Readonly<Record<string, (token: string) => Record<string, unknown>>> = {
  "/send": (token) => ({ fcm_token: token, title: "a", body: "b" }),
  "/send-batch": (token) => ({ tokens: [token], title: "a", body: "b" }),
  "/pushes": (token) => ({ target: { token }, title: "a" }),
};

/** Posts a push with this JSON text as `data`: as JSON, and in a form. */
async function post(path: string, token: string, data: string) {
  const body = routes[path]!(token);
  const asJson = `${JSON.stringify(body).slice(0, -1)},"data":${data}}`;
  const fields = Object.entries(body).map(([name, value]) => [name, typeof value === "string" ? value : undefined]);
  const form = new URLSearchParams({
    ...Object.fromEntries(fields.filter(([, value]) => value !== undefined)),
    ...(path === "/send-batch" && { tokens: token }),
    ...(path === "/pushes" && { target: JSON.stringify({ token }) }),
    data,
  });
  return [await functions.pbx("POST", path, asJson, json), await functions.pbx("POST", path, form)];
}

/** Each row: the fault, the JSON text of `data`, the place in the answer, and its message. */
const rows: readonly (readonly [wrong: string, data: string, path: string, message: RegExp])[] = [
  ["an object called __proto__", '{"__proto__":{"a":"1"}}', "data.__proto__", /another name/],
  ["a string called __proto__", '{"ok":"1","__proto__":"x"}', "data.__proto__", /another name/],
  ["a number", '{"badge":3}', "data.badge", /must be a string/],
  ["a number in an odd place", '{"constructor":3}', "data.constructor", /must be a string/],
  ["true", '{"a":"1","b":true}', "data.b", /must be a string/],
  ["null inside", '{"a":null}', "data.a", /must be a string/],
  ["an object inside", '{"a":{"b":"c"}}', "data.a", /must be a string/],
  ["a list inside", '{"a":["b"]}', "data.a", /must be a string/],
  ["an empty key", '{"":"a"}', "data", /must have keys of .*""/],
  ["a control character in a key", '{"a\\u0007":"b"}', "data", /must have keys of .*\\u0007/],
  ["a control character in a value", '{"a":"\\u0000"}', "data.a", /control characters/],
  ["a key of 257 characters", `{"${"k".repeat(257)}":"a"}`, "data", /must have keys of .*"k{40}"/],
  ["a list", '["a"]', "data", /an object of strings/],
  ["a number in its place", "7", "data", /an object of strings/],
];

for (const path of Object.keys(routes)) {
  describe(`data of POST ${path}`, () => {
    for (const [wrong, data, where, message] of rows) {
      it(`is refused with ${wrong}: 400 at ${where}, and nothing is sent`, async () => {
        const { token } = functions.fcm.createRegistration();
        for (const { status, body, text } of await post(path, token, data)) {
          assert.deepEqual([status, body.error.code], [400, "invalid_request"], text);
          assert.deepEqual(
            body.error.issues.map((issue: { path: string }) => issue.path),
            [where],
          );
          assert.match(body.error.issues[0].message, message);
        }
        await functions.settleMessages();
        assert.deepEqual(pushesTo(functions, token), []);
      });
    }

    it("reaches the phone unchanged, whatever its keys", async () => {
      const given = {
        constructor: "1",
        toString: "2",
        hasOwnProperty: "3",
        __proto: "4",
        "a.b/c": "5",
        toJSON: "6",
        "0": "",
      };
      const { token } = functions.fcm.createRegistration();
      for (const { status, text } of await post(path, token, JSON.stringify(given))) assert.ok(status < 300, text);
      await functions.settleMessages();
      const pushes = pushesTo(functions, token);
      assert.equal(pushes.length, 2);
      for (const { data } of pushes) assert.deepEqual({ ...data, ...given }, data);
      assert.ok(pushes.every(({ data }) => Object.hasOwn(data, "constructor") && Object.hasOwn(data, "toString")));
    });
  });
}

describe("data of POST /pushes", () => {
  it("is refused with a key that Firestore reserves: 400 that names it", async () => {
    const { token } = functions.fcm.createRegistration();
    for (const { status, body } of await post("/pushes", token, '{"__a__":"1"}')) {
      assert.deepEqual([status, body.error.issues[0].path], [400, "data.__a__"]);
    }
  });
});
