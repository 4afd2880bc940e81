import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { askAs, refusalOf } from "../../support/console.ts";
import { startFunctions } from "../../support/functions.ts";
import { addPhone } from "../../support/line.ts";
import { Timestamp } from "../../support/functions-admin-sdk.ts";

const functions = await startFunctions({ AUDIENCE_SHARDS: "2" });
after(() => functions.close());
const ask = askAs(functions);
const { db } = functions.services;

async function reserve(id: string, minutes: number, target: object = { exten: "101" }): Promise<void> {
  const reserved = new Date(Date.now() + minutes * 60_000).toISOString();
  const body = { id, target, title: "오늘 밤 점검", reserved_at: reserved };
  const { status, text } = await functions.pbx("POST", "/pushes", body);
  assert.equal(status, 202, text);
}

describe("campaigns", () => {
  it("are listed with their schedule, and switched off and on, on record", async () => {
    const { campaigns, runs } = await ask("campaigns");
    assert.deepEqual(runs, []);
    assert.deepEqual(
      campaigns.map(({ id, kind, isEnabled, schedule }) => [id, kind, isEnabled, schedule]),
      [
        ["saveLocation", "silent", true, "7,37 * * * *"],
        ["pathDaily", "notice", true, "10 0 * * 1"],
      ],
    );
    assert.equal((await ask("switchCampaign", { campaign: "pathDaily", isEnabled: false })).isEnabled, false);
    assert.equal((await db.doc("campaigns/pathDaily").get()).get("enabled"), false);
    assert.equal((await ask("switchCampaign", { campaign: "pathDaily", isEnabled: true })).isEnabled, true);
    const changes = (await ask("audit", { limit: 2 })).rows.map(({ what, subject }) => [what, subject["campaign"]]);
    assert.deepEqual(changes, [
      ["campaign enable", "pathDaily"],
      ["campaign disable", "pathDaily"],
    ]);
    const wrong = await refusalOf(functions, { do: "switchCampaign", campaign: "all", isEnabled: false });
    assert.match(wrong.message, /^campaign must be one of /);
  });

  it("with a wrong override say why they do not run", async () => {
    await db.doc("campaigns/saveLocation").set({ enable: false });
    const [first] = (await ask("campaigns")).campaigns;
    assert.deepEqual([first?.isEnabled, first?.fault], [false, 'must not have "enable"']);
    await db.doc("campaigns/saveLocation").delete();
  });

  it("show how far a run has come", async () => {
    await addPhone(functions, "phone-1");
    await functions.deliverMessages();
    await functions.runSchedule("pathDaily");
    await functions.settleMessages();
    const [listed] = (await ask("campaigns")).runs;
    const shown = await ask("run", { runId: listed!.runId });
    assert.deepEqual(shown, listed);
    assert.deepEqual([shown.state, shown.shards, shown.shardsDone, shown.counts.accepted], ["done", 2, 2, 1]);
    const unknown = await refusalOf(functions, { do: "run", runId: "pathDaily~2020-01-01T00:00:00.000Z" });
    assert.equal(unknown.status, 404);
  });
});

describe("reserved pushes", () => {
  it("are listed soonest first, without their text and tokens, and cancelled on record", async () => {
    await reserve("later", 90);
    await reserve("sooner", 30, { token: "a-registration-token-of-a-phone" });
    const { rows } = await ask("pushes", { which: "reserved" });
    assert.deepEqual(
      rows.map(({ pushId, target }) => [pushId, target]),
      [
        ["pbx-1~sooner", { kind: "token" }],
        ["pbx-1~later", { kind: "exten", name: "101" }],
      ],
    );
    assert.doesNotMatch(JSON.stringify(rows), /점검|a-registration/);
    const cancelled = await ask("cancelPush", { pushId: "pbx-1~sooner" });
    assert.equal(cancelled.state, "cancelled");
    const [change] = (await ask("audit", { limit: 1 })).rows;
    assert.deepEqual([change?.what, change?.subject], ["pushes cancel", { push: "pbx-1~sooner" }]);
    assert.deepEqual(await ask("cancelPush", { pushId: "pbx-1~sooner" }), cancelled);
    assert.equal((await refusalOf(functions, { do: "cancelPush", pushId: "pbx-1~none" })).status, 404);
  });

  it("come in pages", async () => {
    await reserve("next", 60);
    const { rows, next } = await ask("pushes", { which: "reserved", limit: 1 });
    const rest = await ask("pushes", { which: "reserved", cursor: next });
    const ids = [...rows, ...rest.rows].map(({ pushId }) => pushId);
    assert.deepEqual(ids, ["pbx-1~next", "pbx-1~later"]);
  });
});

describe("failed pushes", () => {
  it("are listed with the reason", async () => {
    const { status } = await functions.pbx("POST", "/pushes", { id: "lost", target: { uid: "bob" }, title: "x" });
    assert.equal(status, 202);
    await functions.settleMessages();
    const { rows } = await ask("pushes", { which: "failed" });
    assert.deepEqual(
      rows.map(({ pushId, state, errors }) => [pushId, state, errors]),
      [["pbx-1~lost", "failed", { no_devices: 1 }]],
    );
    const { code, message } = await refusalOf(functions, { do: "cancelPush", pushId: "pbx-1~lost" });
    assert.deepEqual([code, message], ["FAILED_PRECONDITION", "It is too late to cancel this push: it is failed"]);
  });
});

describe("the doctor", () => {
  it("finds what a function can find by itself", async () => {
    const { findings, checkedAt } = await ask("doctor");
    assert.ok(Date.parse(checkedAt) > 0);
    const levels = Object.fromEntries(findings.map(({ check, level }) => [check, level]));
    assert.deepEqual(levels, { keys: "ok", fcm: "ok", audience: "ok", lines: "warn", pushes: "ok" });
    assert.ok(findings.every(({ level, remedy }) => level === "ok" || remedy !== undefined));
  });

  it("finds pushes that no job has looked at", async () => {
    const { docs } = await db.collection("pushes").where("state", "==", "reserved").get();
    await docs[0]!.ref.update({ dueAt: Timestamp.fromMillis(Date.now() - 3_600_000) });
    const { findings } = await ask("doctor");
    const found = findings.find(({ check }) => check === "pushes");
    assert.deepEqual([found?.level, /overdue/.test(found?.message ?? "")], ["error", true]);
  });
});

describe("the audit", () => {
  it("comes in pages, newest first, and since a time", async () => {
    const whole = (await ask("audit")).rows;
    const { rows, next } = await ask("audit", { limit: 2 });
    const rest = await ask("audit", { cursor: next });
    assert.deepEqual([...rows, ...rest.rows], whole);
    assert.deepEqual((await ask("audit", { since: new Date(Date.now() + 60_000).toISOString() })).rows, []);
  });
});
