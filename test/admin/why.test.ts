import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { Timestamp } from "../support/functions-admin-sdk.ts";
import { startFunctions } from "../support/functions.ts";
import { addLine, call, callId, exten, resetState } from "../support/line.ts";
import { ops } from "./run-ops.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(() => resetState(functions));

const why = (...args: string[]) => ops(["calls", "why", ...args, "--project", functions.projectId], functions.services);

async function ringDead(): Promise<void> {
  const [dead] = await addLine(functions, 1);
  functions.fcm.setState(dead!, "uninstalled");
  await functions.pbx("POST", "/calls", call);
}

describe("calls why", () => {
  it("says in both languages why the phone did not ring, and what to do", async () => {
    await ringDead();
    const { code, out } = await why(call.call_id);
    assert.equal(code, 0, out);
    assert.match(
      out,
      /^pbx-1~1763712000\.17 {2}07045144801 {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} {2}failed\n {2}phone-1 {2}android/,
    );
    assert.match(
      out,
      /\n {4}app_uninstalled\n {4}[^\n]+니다\(UNREGISTERED\)\.\n {4}→ [^\n]+십시오\.\n {4}At [^\n]+\.\n {4}→ Ask the customer [^\n]+\n$/,
    );
    assert.doesNotMatch(out, /01012345678|홍길동/);
  });

  it("finds the call by each of its names", async () => {
    await ringDead();
    for (const name of [call.call_id, `pbx-1~${call.call_id}`, callId]) {
      const { json } = await why(name, "--json");
      assert.deepEqual(
        json.map((one: any) => [one.callId, one.exten, one.phones[0].cause]),
        [[callId, exten, "app_uninstalled"]],
      );
    }
    assert.equal((await why(call.call_id, "--pbx", "pbx-2", "--json")).json.cause, "not_announced");
  });

  it("writes times in the zone that is asked for", async () => {
    await ringDead();
    const hour = async (zone: string) => / (\d\d):/.exec((await why(callId, "--time-zone", zone)).out)?.[1];
    const hours = [await hour("UTC"), await hour("Asia/Seoul"), / (\d\d):/.exec((await why(callId)).out)?.[1]].map(
      Number,
    );
    assert.deepEqual(hours.slice(1), [(hours[0]! + 9) % 24, (hours[0]! + 9) % 24]);
    for (const option of [
      ["--time-zone", "Nowhere"],
      ["--at", "24:03"],
      ["--at", "2026-11-31"],
      ["--lang", "fr"],
    ]) {
      assert.equal((await why(callId, ...option)).code, 2, option.join(" "));
    }
  });

  it("says of a call without a record whether the PBX's keys worked then", async () => {
    const at = new Date(Date.now() - 60_000).toISOString();
    const { code, json } = await why("9.9", "--at", at, "--json");
    assert.deepEqual([code, json.cause], [1, "not_announced"]);
    const { db } = functions.services;
    const end = Timestamp.fromMillis(Date.parse(at) - 3_600_000);
    await db.doc("pbxKeys/other").set({ pbxId: "pbx-9", scopes: ["calls"], createdAt: end, expiresAt: end });
    assert.match(
      (await why("9.9", "--at", at, "--pbx", "pbx-9")).out,
      /^9\.9 {2}\S+ \S+ {2}no record\n {2}key_expired\n.*1시간 전에 만료.*\n.*\n.* had expired 1 hour before/,
    );
    await db.doc("pbxKeys/new").set({ pbxId: "pbx-9", scopes: ["calls"], createdAt: end, lastUsedAt: end });
    assert.equal((await why("9.9", "--at", at, "--pbx", "pbx-9", "--json")).json.cause, "not_announced");
    await db.doc("pbxKeys/new").set({
      pbxId: "pbx-9",
      scopes: ["calls"],
      createdAt: end,
      lastUsedAt: end,
      revokedAt: Timestamp.fromMillis(Date.parse(at) + 1),
    });
    assert.equal((await why("9.9", "--at", at, "--pbx", "pbx-9", "--json")).json.cause, "not_announced");
    await db
      .doc("pbxKeys/new")
      .set({ pbxId: "pbx-9", scopes: ["calls"], createdAt: end, revokedAt: Timestamp.fromMillis(Date.parse(at) - 1) });
    assert.equal((await why("9.9", "--at", at, "--pbx", "pbx-9", "--json")).json.cause, "key_revoked");
  });
});
