import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RingRow } from "../../../functions/src/console/wire.ts";
import { askAs, refusalOf } from "../../support/console.ts";
import { alice, bob, demoKey, olga, startFunctions, type Person } from "../../support/functions.ts";
import { addPhone, call, callId, exten } from "../../support/line.ts";

// Several operators, so that the tests do not use up one's allowance.
const second: Person = { uid: "oscar", email: "oscar@example.com", operator: true };
const functions = await startFunctions({}, [alice, bob, olga, second], { "other-key": { pbxId: "pbx-2" } });
after(() => functions.close());
const ask = askAs(functions);
const follow = askAs(functions, second);

async function announce(callName: string, to: string, key = demoKey): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const body = { ...call, call_id: callName, exten: to, ring_id: callName };
  await functions.pbx("POST", "/calls", body, { headers });
}

const report = async (ring: string, event: string) => {
  const { status, text } = await functions.call("reportCall", alice, { callId: ring, deviceId: "phone-1", event });
  assert.equal(status, 200, text);
};
const namesOf = (rows: readonly RingRow[]) => rows.map(({ linkedId }) => linkedId);

before(async () => {
  await functions.pbx("PUT", `/lines/${exten}`, { uid: alice.uid });
  await functions.pbx("PUT", "/lines/102", { uid: bob.uid });
  await addPhone(functions, "phone-1");
  await addPhone(functions, "phone-2", bob);
  await announce("c1", exten);
  await announce("c2", "102");
  await announce("c3", exten, "other-key");
  await announce("c4", "999");
});

describe("calls", () => {
  it("are listed newest first, without their callers", async () => {
    const { rows, next } = await ask("calls");
    assert.deepEqual([namesOf(rows), next], [["c4", "c3", "c2", "c1"], undefined]);
    const [noLine, , ofBob] = rows;
    assert.deepEqual([noLine?.uid, noLine?.phones, noLine?.isOpen], [undefined, [], false]);
    assert.deepEqual([ofBob?.uid, ofBob?.status, ofBob?.isOpen], ["bob", "notified", true]);
    assert.deepEqual(ofBob?.phones, [{ deviceId: "phone-2", state: "accepted" }]);
    assert.doesNotMatch(JSON.stringify(rows), /01012345678|홍길동/);
  });

  it("are filtered by PBX, exten in any spelling, user and status, all at once", async () => {
    const listed = async (filter: object) => namesOf((await ask("calls", filter)).rows);
    assert.deepEqual(await listed({ pbxId: "pbx-2" }), ["c3"]);
    assert.deepEqual(await listed({ exten }), ["c3", "c1"]);
    assert.deepEqual(await listed({ exten: "+827045144801" }), ["c3", "c1"]);
    assert.deepEqual(await listed({ user: "bob@example.com" }), ["c2"]);
    assert.deepEqual(await listed({ user: "alice", pbxId: "pbx-1" }), ["c1"]);
    assert.deepEqual(await listed({ status: "failed" }), ["c4"]);
    assert.deepEqual(await listed({ exten, pbxId: "pbx-2", status: "ended" }), []);
    const unknown = await refusalOf(functions, { do: "calls", user: "nobody@example.com" });
    assert.deepEqual([unknown.status, unknown.code], [404, "NOT_FOUND"]);
  });

  it("are filtered by time", async () => {
    const { rows } = await ask("calls");
    const [, , c2] = rows;
    assert.deepEqual(namesOf((await ask("calls", { until: c2?.announcedAt })).rows), ["c1"]);
    assert.equal((await ask("calls", { since: "2030-01-01T00:00:00+09:00" })).rows.length, 0);
  });

  it("come in pages that neither repeat nor lose a ring", async () => {
    for (const filter of [{}, { status: "notified" as const }]) {
      const whole = namesOf((await ask("calls", filter)).rows);
      const paged: string[] = [];
      let cursor: string | undefined;
      do {
        const { rows, next } = await ask("calls", { ...filter, limit: 1, cursor });
        paged.push(...namesOf(rows));
        cursor = next;
      } while (cursor !== undefined);
      assert.deepEqual(paged, whole);
    }
  });

  it("are not listed after a cursor that is none", async () => {
    for (const cursor of ["x", "bm9uZQ", Buffer.from('["../x",0,0]').toString("base64url")]) {
      const { status, message } = await refusalOf(functions, { do: "calls", cursor }, second);
      assert.deepEqual([status, message], [400, "cursor must be the cursor of an answer"]);
    }
  });
});

describe("the live tail", () => {
  it("tells each change of a ring once, and new rings", async () => {
    const first = await follow("tail");
    assert.deepEqual([namesOf(first.rows), first.isCut], [["c1", "c2", "c3", "c4"], false]);
    const again = await follow("tail", { cursor: first.cursor });
    assert.deepEqual(again.rows, []);
    await announce("c5", exten);
    const { rows } = await ask("calls", { exten, limit: 1 });
    await report(rows[0]!.callId, "ready");
    const changed = await follow("tail", { cursor: again.cursor });
    assert.deepEqual(
      changed.rows.map(({ linkedId, status }) => [linkedId, status]),
      [["c5", "ready"]],
    );
    assert.deepEqual((await follow("tail", { cursor: changed.cursor })).rows, []);
    assert.ok(changed.askAgainMs >= 1000);
  });

  it("follows a ring from the moment that it fits the filter, and to its end", async () => {
    const filter = { status: "answered" as const };
    const begun = await follow("tail", filter);
    assert.deepEqual(begun.rows, []);
    await announce("c6", exten);
    const { rows } = await ask("calls", { exten, limit: 1 });
    const ring = rows[0]!.callId;
    const waiting = await follow("tail", { ...filter, cursor: begun.cursor });
    assert.deepEqual(waiting.rows, []);
    await report(ring, "answered");
    const answered = await follow("tail", { ...filter, cursor: waiting.cursor });
    assert.deepEqual(namesOf(answered.rows), ["c6"]);
    await functions.pbx("POST", "/calls/c6/end", { ring_id: "c6", reason: "answered" });
    const ended = await follow("tail", { ...filter, cursor: answered.cursor });
    assert.deepEqual(
      ended.rows.map(({ linkedId, status }) => [linkedId, status]),
      [["c6", "ended"]],
    );
  });

  it("leaves no listener open", () => {
    assert.equal(functions.listeners(), 0);
  });
});

describe("one call", () => {
  it("is a time line with its verdict in both languages, and names no caller", async () => {
    const { rings, missing } = await ask("call", { call: "c1" });
    assert.deepEqual([rings.length, missing], [1, undefined]);
    const [ring] = rings;
    assert.equal(ring?.email, alice.email);
    assert.deepEqual(
      ring?.steps.map(({ step, deviceId }) => [step, deviceId]),
      [
        ["announced", undefined],
        ["accepted", "phone-1"],
      ],
    );
    const { verdict, state } = ring?.phones[0] ?? {};
    assert.equal(state, "accepted");
    assert.ok(verdict?.says.ko && verdict.says.en && verdict.todo.ko && verdict.cause);
    assert.doesNotMatch(JSON.stringify(rings), /01012345678|홍길동/);
  });

  it("is found by the PBX's id, by the ring's, and by both names of the call", async () => {
    const [row] = (await ask("calls", { pbxId: "pbx-2" })).rows;
    for (const name of ["c3", "pbx-2~c3", row!.callId]) {
      assert.equal((await ask("call", { call: name })).rings[0]?.callId, row!.callId);
    }
    assert.deepEqual((await ask("call", { call: "c3", pbxId: "pbx-1" })).rings, []);
  });

  it("of an exten without a line says so", async () => {
    const { rings } = await ask("call", { call: "c4" });
    assert.deepEqual([rings[0]?.verdict?.cause, rings[0]?.phones], ["no_line", []]);
  });

  it("that is not on record has a reason too", async () => {
    const { rings, missing } = await ask("call", { call: callId, timeZone: "Europe/Berlin" });
    assert.deepEqual(rings, []);
    assert.ok(missing?.says.ko && missing.says.en);
  });
});
