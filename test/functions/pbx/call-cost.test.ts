import assert from "node:assert/strict";
import { after, beforeEach, it } from "node:test";
import { startCountingFirestore } from "../../support/counting-firestore.ts";
import { startFunctions } from "../../support/functions.ts";
import { addLine, call } from "../../support/line.ts";

const firestore = await startCountingFirestore();
const functions = await startFunctions({ FIRESTORE_EMULATOR_HOST: firestore.host });
after(async () => {
  await functions.close();
  await firestore.close();
});

beforeEach(async () => {
  firestore.clearDocuments();
  await functions.saveKeys();
});

it("a ring with a ring_id costs a query for its phones and two writes, and reads nothing that it has written itself", async () => {
  await addLine(functions, 1);
  firestore.clearCounts();
  assert.equal((await functions.pbx("POST", "/calls", { ...call, ring_id: "r1" })).body.accepted, 1);
  assert.deepEqual(
    { ...firestore.billed },
    {
      devices: { reads: 1, writes: 0, deletes: 0 },
      // Deletes of missing documents: the condition that they are missing.
      ends: { reads: 0, writes: 0, deletes: 4 },
      rings: { reads: 0, writes: 2, deletes: 1 },
    },
  );
});

it("a call push with a warm key leaves after one round trip to Firestore: the phones are read while the call is recorded", async () => {
  await addLine(functions, 1);
  firestore.answerAtOnce(2);
  assert.equal((await functions.pbx("POST", "/calls", { ...call, ring_id: "r1" })).body.accepted, 1);
});
