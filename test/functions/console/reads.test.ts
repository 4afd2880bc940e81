import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, describe, it } from "node:test";
import { probePbxId } from "../../../functions/src/probe/probe-phones.ts";
import { askAs } from "../../support/console.ts";
import { startCountingFirestore } from "../../support/counting-firestore.ts";
import { Timestamp } from "../../support/functions-admin-sdk.ts";
import { startFunctions } from "../../support/functions.ts";

const firestore = await startCountingFirestore();
const functions = await startFunctions({ FIRESTORE_EMULATOR_HOST: firestore.host });
after(async () => {
  await functions.close();
  await firestore.close();
});
const ask = askAs(functions);

const inAMinute = () => Timestamp.fromMillis(Date.now() + 60_000);

/** A ring without phones, and without its times. */
function ringOf(pbxId: string, linkedId: string, exten = "101") {
  return {
    callKey: `${pbxId}~${linkedId}`,
    pbxId,
    linkedId,
    exten,
    status: "notified",
    claim: { by: "request", until: inAMinute() },
    answer: { status: "notified", devices: 0, accepted: 0 },
    phones: {},
  };
}

/** Rings of one call, a second apart; the last began now. */
async function seedRings(count: number, pbxId: string, linkedId: string, exten = "101"): Promise<void> {
  const batch = functions.services.db.batch();
  for (let nth = 0; nth < count; nth += 1) {
    const at = (ms: number) => Timestamp.fromMillis(Date.now() - (count - nth) * 1000 + ms);
    const times = { createdAt: at(0), ringEndsAt: at(30_000) };
    batch.set(functions.services.db.doc(`rings/${pbxId}-${exten}-${nth}`), {
      ...ringOf(pbxId, linkedId, exten),
      ...times,
    });
  }
  await batch.commit();
}

describe("what the console reads", () => {
  it("of a call is bounded, however often a PBX has used the id", async () => {
    await seedRings(1200, "pbx-1", "1");
    await seedRings(200, "pbx-2", "1");
    await seedRings(100, "pbx-2", "1", "999");
    for (const asked of [{ call: "1" }, { call: "pbx-1~1" }, { call: "1", pbxId: "pbx-1" }]) {
      firestore.clearCounts();
      assert.equal((await ask("call", asked)).rings.length, 100);
      assert.ok(firestore.billed["rings"]!.reads <= 1000, String(firestore.billed["rings"]!.reads));
    }
    const { rings } = await ask("call", { call: "1", pbxId: "pbx-2" });
    assert.deepEqual([rings.length, rings.every(({ exten }) => exten === "999")], [100, true]);
  });

  it("of a list that leaves much out takes few questions", async () => {
    firestore.clearDocuments();
    await functions.saveKeys();
    await seedRings(400, probePbxId, "probe");
    firestore.clearCounts();
    assert.deepEqual((await ask("calls", { limit: 1 })).rows, []);
    assert.ok(firestore.queries() <= 6, String(firestore.queries()));
  });
});

describe("the live tail of more open rings than its cursor holds", () => {
  it("says that it does not follow them all", async () => {
    firestore.clearDocuments();
    await functions.saveKeys();
    const { db } = functions.services;
    const seen: [string, string][] = [];
    const open = async (agoMs: number) => {
      const id = randomUUID();
      const createdAt = Timestamp.fromMillis(Date.now() - agoMs);
      await db.doc(`rings/${id}`).set({ ...ringOf("pbx-1", "1"), createdAt, ringEndsAt: inAMinute() });
      return id;
    };
    for (let nth = 0; nth < 100; nth += 1) seen.push([await open(30_000), "x"]);
    const cursor = Buffer.from(JSON.stringify({ since: Date.now(), seen })).toString("base64url");
    const whole = await ask("tail", { cursor });
    assert.deepEqual([whole.rows.length, whole.isCut], [100, false]);
    await open(0);
    const more = await ask("tail", { cursor: whole.cursor });
    assert.deepEqual([more.rows.length, more.isCut], [1, true]);
  });
});
