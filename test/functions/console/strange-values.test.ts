import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { askAs, refusalOf } from "../../support/console.ts";
import { alice, olga, startFunctions, type Person } from "../../support/functions.ts";
import { issueIdToken } from "../../support/identity.ts";
import { call } from "../../support/line.ts";

/** Custom tokens give users any uid, also one that names no document, or one in another user's subtree. */
const slashed: Person[] = ["a/b", "alice/b/c", "__x__"].map((uid, nth) => ({ uid, email: `user-${nth}@example.com` }));
/** A hundred characters, two hundred for JavaScript and the Admin SDK, which allow 128. */
const long = "😀".repeat(100);

const functions = await startFunctions({}, [alice, olga, ...slashed]);
after(() => functions.close());
const ask = askAs(functions);
const { db } = functions.services;
const { checkLines } = await import("../../../functions/src/doctor/check-lines.ts");

const cursorOf = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const countErrors = () => functions.logged.filter((line) => /"severity":"ERROR"|callable_failed/.test(line)).length;

describe("a value that Firestore or Firebase Auth would refuse", () => {
  const surrogate = "\ud800";
  const questions: readonly object[] = [
    { do: "tail", cursor: cursorOf({ since: Number.MAX_SAFE_INTEGER, seen: [] }) },
    { do: "tail", cursor: cursorOf({ since: 253_402_300_800_000, seen: [] }) },
    { do: "run", runId: `${"a".repeat(2000)}~2026` },
    { do: "assignLine", exten: "109", user: long },
    { do: "calls", user: long },
    { do: "device", uid: long, deviceId: "phone-1" },
    { do: "addKey", pbxId: "pbx-9", note: surrogate },
  ];
  for (const question of questions) {
    it(`is refused as wrong input, and is no error of the service: ${JSON.stringify(question).slice(0, 60)}`, async () => {
      const before = countErrors();
      const { status, code } = await refusalOf(functions, question);
      assert.deepEqual([status, code, countErrors()], [400, "INVALID_ARGUMENT", before]);
    });
  }
});

describe("a user whose uid names no document", () => {
  for (const { uid, email } of slashed) {
    it(`gets no line: ${uid}`, async () => {
      const { status, message } = await refusalOf(functions, { do: "assignLine", exten: "108", user: email });
      assert.deepEqual([status, /slash/.test(message)], [400, true]);
      const put = await functions.pbx("PUT", "/lines/108", { email });
      assert.deepEqual([put.status, put.body.error.code], [400, "invalid_request"]);
      assert.equal((await db.doc("lines/108").get()).exists, false);
      assert.deepEqual((await db.collectionGroup("b").get()).docs, []);
    });
  }
});

describe("a uid that Firebase Auth cannot have", () => {
  it("is taken from no PBX", async () => {
    const { status, body } = await functions.pbx("PUT", "/lines/107", { uid: long });
    assert.deepEqual([status, body.error.code], [400, "invalid_request"]);
  });

  it("hides nothing where it is already stored", async () => {
    for (const [exten, uid] of [
      ["105", long],
      ["106", "@@"],
    ] as const) {
      await db.doc(`lines/${exten}`).set({ uid });
      await db.doc(`users/${uid}`).set({ extens: [exten] });
      await functions.pbx("POST", "/calls", { ...call, exten, call_id: `call-${exten}` });
    }
    const known = (await ask("lines")).rows.map(({ exten, isKnown }) => [exten, isKnown]);
    assert.deepEqual(known, [
      ["105", false],
      ["106", false],
    ]);
    assert.equal((await ask("call", { call: "call-105" })).rings.length, 1);
    const [finding] = await checkLines(functions.services);
    assert.match(finding?.seen ?? "", /user does not exist: 105 .*106/);
  });
});

describe("a prototype as a key", () => {
  it("is refused: it would be read as the fields that it holds", async () => {
    const authorization = `Bearer ${issueIdToken(functions.projectId, olga)}`;
    const headers = { authorization, "content-type": "application/json" };
    for (const [name, data] of [
      ["console", '{"__proto__":{"do":"session"}}'],
      ["console", '{"do":"calls","__proto__":{"limit":1}}'],
      ["getServerSettings", '{"__proto__":{"a":1}}'],
    ] as const) {
      const body = `{"data":${data}}`;
      const { status } = await fetch(functions.urls[name], { method: "POST", headers, body });
      assert.equal(status, 400, `${name} ${data}`);
    }
  });
});
