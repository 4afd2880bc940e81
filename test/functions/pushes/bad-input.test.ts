import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { startFunctions } from "../../support/functions.ts";

const functions = await startFunctions();
after(() => functions.close());

const target = { token: "t".repeat(100) };
const notice = { target, title: "점검", body: "오늘 밤" };

function inMinutes(minutes: number): string {
  return new Date(Date.now() + minutes * 60_000).toISOString();
}

const year = 366 * 24 * 60;

/** Each row: the fault, the body, and the place in the answer. */
const rows: readonly (readonly [wrong: string, body: unknown, issue: string])[] = [
  ["no target", { title: "a" }, "target"],
  ["an empty target", { ...notice, target: {} }, "target"],
  ["a target of nulls", { ...notice, target: { token: null, exten: null } }, "target"],
  ["two targets", { ...notice, target: { ...target, exten: "1" } }, "target"],
  ["a target that is a word", { ...notice, target: "everybody" }, "target"],
  ["an array as the target", { ...notice, target: [target] }, "target"],
  ["an empty token", { ...notice, target: { token: "" } }, "target.token"],
  ["a number as the token", { ...notice, target: { token: 7 } }, "target.token"],
  ["no tokens", { ...notice, target: { tokens: [] } }, "target.tokens"],
  ["501 tokens", { ...notice, target: { tokens: Array(501).fill("t") } }, "target.tokens"],
  ["a number among the tokens", { ...notice, target: { tokens: ["t", 7] } }, "target.tokens.1"],
  ["letters in the exten", { ...notice, target: { exten: "070a" } }, "target.exten"],
  ["a slash in the uid", { ...notice, target: { uid: "a/b" } }, "target.uid"],
  ["a reserved uid", { ...notice, target: { uid: "__a__" } }, "target.uid"],
  ["a slash in the FCM topic", { ...notice, target: { fcm_topic: "/topics/a" } }, "target.fcm_topic"],
  ["neither title nor body", { target }, "title"],
  ["an empty title and no body", { target, title: "" }, "title"],
  ["a silent push with a title", { target, silent: true, title: "a" }, "silent"],
  ["a silent push with a body", { target, silent: true, body: "a" }, "silent"],
  ["a word for silent", { ...notice, silent: "perhaps" }, "silent"],
  ["a control byte in the title", { ...notice, title: "a\u0007b" }, "title"],
  ["a title that is too long", { ...notice, title: "a".repeat(1025) }, "title"],
  ["a number in data", { ...notice, data: { a: 1 } }, "data.a"],
  ["a key that Firestore reserves", { ...notice, data: { __a__: "1" } }, "data.__a__"],
  ["a key that FCM reserves", { ...notice, data: { "google.a": "1" } }, "data.google.a"],
  ["a payload over 4,096 bytes", { ...notice, data: { a: "x".repeat(4096) } }, "data"],
  ["a payload of 4,097 bytes because of an emoji", { target, title: "a", body: "🙂".repeat(1020) }, "data"],
  [
    "a payload over 2,048 bytes to a topic",
    { ...notice, target: { fcm_topic: "news" }, data: { a: "x".repeat(2048) } },
    "data",
  ],
  ["a slash in the id", { ...notice, id: "a/b" }, "id"],
  ["a reserved id", { ...notice, id: "__a__" }, "id"],
  ["an empty id", { ...notice, id: "" }, "id"],
  ["an id of 129 characters", { ...notice, id: "a".repeat(129) }, "id"],
  ["a time without an offset", { ...notice, reserved_at: "2026-12-01T09:00:00" }, "reserved_at"],
  ["a day without a time", { ...notice, reserved_at: "2026-12-01" }, "reserved_at"],
  ["the 30th of February", { ...notice, reserved_at: "2027-02-30T09:00:00Z" }, "reserved_at"],
  ["a number as the time", { ...notice, reserved_at: 1_800_000_000 }, "reserved_at"],
  ["a time two minutes ago", { ...notice, reserved_at: inMinutes(-2) }, "reserved_at"],
  ["a time more than a year ahead", { ...notice, reserved_at: inMinutes(year + 5) }, "reserved_at"],
  ["an end in the past", { ...notice, expires_at: inMinutes(-1) }, "expires_at"],
  ["an end before the beginning", { ...notice, reserved_at: inMinutes(60), expires_at: inMinutes(59) }, "expires_at"],
  ["an end 29 days later", { ...notice, expires_at: inMinutes(29 * 24 * 60) }, "expires_at"],
  ["a time that is not a string", { ...notice, expires_at: true }, "expires_at"],
];

describe("bad input to POST /pushes", () => {
  for (const [wrong, body, issue] of rows) {
    it(`answers ${wrong} with 400 invalid_request at ${issue}`, async () => {
      const answer = await functions.pbx("POST", "/pushes", body);
      assert.deepEqual([answer.status, answer.body.error.code], [400, "invalid_request"], answer.text);
      const { issues } = answer.body.error;
      assert.ok(
        issues.some(({ path, message }: Record<string, string>) => path === issue && message),
        `${issue} is not among ${JSON.stringify(issues)}`,
      );
    });
  }

  it("answers a form whose target is not JSON with 400", async () => {
    const form = new URLSearchParams({ target: "{token}", title: "a" });
    const { status, body } = await functions.pbx("POST", "/pushes", form);
    assert.deepEqual([status, body.error.issues], [400, [{ path: "target", message: "must be a JSON object" }]]);
  });

  it("answers a bad id in the path with 400", async () => {
    for (const method of ["GET", "DELETE"]) {
      assert.equal((await functions.pbx(method, "/pushes/__a__")).status, 400);
      assert.equal((await functions.pbx(method, "/pushes/a%2Fb")).status, 400);
    }
  });

  it("stores nothing, sends nothing and logs none of the input", async () => {
    assert.equal((await functions.services.db.collection("pushes").get()).size, 0);
    assert.equal(functions.fcm.counters.sends, 0);
    assert.equal(
      functions.logged.some((line) => /tttttttttt|오늘 밤/.test(line)),
      false,
    );
  });
});

describe("input just within the limits", () => {
  const good: readonly (readonly [what: string, body: object])[] = [
    ["unknown fields", { ...notice, priority: "high" }],
    ["nulls for what may be left out", { ...notice, id: null, data: null, silent: null, reserved_at: null }],
    ["a silent push with empty texts", { target, silent: true, title: "", body: null }],
    ["an id of 128 characters", { ...notice, id: "a".repeat(128) }],
    ["a time half a minute ago", { ...notice, reserved_at: inMinutes(-0.5) }],
    ["a time a year ahead", { ...notice, reserved_at: inMinutes(year - 5) }],
    ["an end 28 days later", { ...notice, expires_at: inMinutes(28 * 24 * 60 - 1) }],
    ["a payload to a token that is too large for a topic", { ...notice, data: { a: "x".repeat(3500) } }],
  ];
  for (const [what, body] of good) {
    it(`is accepted: ${what}`, async () => {
      const answer = await functions.pbx("POST", "/pushes", body);
      assert.equal(answer.status, 202, answer.text);
    });
  }
});
