import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { alice, bob, startFunctions } from "../support/functions.ts";
import { addLine, addPhone, devicePath, resetState } from "../support/line.ts";
import { ops } from "./run-ops.ts";
import { askLater, at, saveRing } from "./stored-rings.ts";

const functions = await startFunctions();
after(() => functions.close());

const { db } = functions.services;
const voipToken = "ab".repeat(32);
const show = (...args: string[]) =>
  ops(["devices", "show", ...args, "--project", functions.projectId], askLater(functions));

let token: string;
beforeEach(async () => {
  await resetState(functions);
  [token = ""] = await addLine(functions, 2);
  await db.doc(devicePath("phone-1")).update({
    facts: { model: "SM-S921N\u001B[31m", os: "android", batteryRestricted: true, memo: token, other: voipToken },
    voip: { token: voipToken, topic: "com.example.voip", environment: "sandbox" },
    lastSeenAt: at(-6 * 86_400_000),
    locale: "ko",
  });
});

describe("devices show", () => {
  it("shows what is known of a device and its last rings with the verdict on it, and no address", async () => {
    await saveRing(functions, "old", {}, -60_000);
    await saveRing(functions, "none", { phones: {} }, -30_000);
    await saveRing(functions, "last", { phones: { "phone-1": { state: "failed", error: "UNREGISTERED" } } });
    const { code, out, err } = await show("phone-1");
    assert.deepEqual([code, err], [0, ""]);
    const [known, ...rings] = out.trimEnd().split("\n\n");
    for (const line of [
      /^phone-1\n/,
      /\n {2}user +alice \(alice@example\.com\)\n/,
      /\n {2}extens +07045144801\n/,
      /\n {2}platform +android\n/,
      /\n {2}registration +token:.{8}…\n/,
      /\n {2}voip +com\.example\.voip \(sandbox\)\n/,
      /\n {2}facts +.*batteryRestricted true/,
      /\n {2}last seen +2026-11-24 14:03:02\.120, 6 days ago$/,
    ]) {
      assert.match(known!, line);
    }
    assert.deepEqual(
      rings.map((ring) => ring.split("\n")[0]!.split("  ")[0]),
      ["pbx-1~last.1", "pbx-1~old.1"],
    );
    assert.match(rings[0]!, /\n {4}app_uninstalled\n/);
    const printed = out + (await show("phone-1", "--json")).out;
    for (const secret of [token, token.slice(0, 12), voipToken, voipToken.slice(0, 12), "\u001B", "홍길동"]) {
      assert.ok(!printed.includes(secret), secret);
    }
  });

  it("says so where it has never rung, and shows so many rings as asked", async () => {
    assert.match((await show("phone-2")).out, /\n\nNo call has rung it in the last 30 days\.\n$/);
    for (const nth of [0, 1, 2]) await saveRing(functions, `ring-${nth}`, {}, nth * 1000);
    const { json } = await show("phone-1", "--rings", "2", "--json");
    assert.deepEqual(
      json.rings.map((ring: any) => [ring.callId, ring.phones[0].cause]),
      [
        ["ring-2", "phone_offline"],
        ["ring-1", "phone_offline"],
      ],
    );
    assert.match((await show("phone-1", "--lang", "en")).out, /never reported/);
    assert.doesNotMatch((await show("phone-1", "--lang", "en")).out, /니다/);
  });

  it("finds a device by each of its names", async () => {
    const id = devicePath("phone-1").split("/")[1]!;
    for (const name of [
      "phone-1",
      "alice/phone-1",
      `${alice.email}/phone-1`,
      token,
      `token:${token.slice(0, 8)}…`,
      voipToken,
      id,
    ]) {
      assert.equal((await show(name, "--json")).json.deviceId, "phone-1", name);
    }
  });

  it("finds a phone under an id that it had before", async () => {
    const formerIds = [devicePath("phone-0").split("/")[1]];
    await db.doc(devicePath("phone-1")).update({ formerIds });
    await saveRing(functions, "before", { phones: { "phone-0": { state: "accepted", acceptedAt: at(180) } } });
    const { json } = await show("phone-1", "--json");
    assert.equal(json.rings[0].phones[0].deviceId, "phone-0");
  });

  it("asks for the user if several have a device with this id", async () => {
    await addPhone(functions, "phone-1", bob);
    const error = {
      code: "failed",
      message: "Several users have this device",
      remedy: "give --user alice or --user bob",
    };
    assert.deepEqual((await show("phone-1", "--json")).json, { error });
    assert.equal((await show("phone-1", "--user", bob.email, "--json")).json.uid, "bob");
    assert.equal((await show("bob/phone-1", "--json")).json.uid, "bob");
  });

  it("repeats no name that it does not know: it may be a registration", async () => {
    const said =
      "There is no such device: npm run ops -- devices list, or calls list --user <user> for one that was forgotten\n";
    for (const name of [`${token}x`, "phone-9", "alice/phone-9", "constructor"]) {
      const { code, out, err } = await show(name);
      assert.deepEqual([code, out, err], [1, "", said]);
    }
    for (const name of ["", "..", "alice/", "__x__"]) {
      const { code, err } = await show(name);
      assert.equal(code, 2);
      assert.equal(err, "A device is a deviceId, a user/deviceId or a registration (see --help)\n");
    }
  });
});
