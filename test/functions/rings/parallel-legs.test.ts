import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { alice, bob, startFunctions } from "../../support/functions.ts";
import { addPhone } from "../../support/line.ts";
import { ringLegs, ringsFor } from "../../support/parallel-legs.ts";
import { startScriptedFirestore } from "../../support/scripted-firestore/scripted-firestore.ts";

const firestore = await startScriptedFirestore();
const functions = await startFunctions({ FIRESTORE_EMULATOR_HOST: firestore.host });
after(async () => {
  await functions.close();
  await firestore.close();
});

const rounds = 200;
const atOnce = 8;

describe("two legs of a ring group, of which one cannot be reached", () => {
  for (const withRingId of [true, false]) {
    it(
      `the reachable leg rings and the unreachable one does not, ${rounds} times, ${withRingId ? "with" : "without"} ring_id`,
      { timeout: 200_000 },
      async () => {
        await functions.pbx("PUT", "/lines/0701", { uid: alice.uid });
        await functions.pbx("PUT", "/lines/0702", { uid: bob.uid });
        const [living, dead] = [await addPhone(functions, "a-1", alice), await addPhone(functions, "b-1", bob)];
        firestore.database("(default)").faults.delay = () => Math.random() * 3;
        const wrong: string[] = [];
        const ring = async (nth: number) => {
          const [callId, ringId] = [`${withRingId ? "named" : "nameless"}.${nth}`, (leg: string) => `${leg}.${nth}`];
          const legs = ["0701", "0702"].map((exten) => ({ exten, ringId: withRingId ? ringId(exten) : undefined }));
          const { status, text } = await ringLegs((...asked) => functions.pbx(...asked), callId, legs[0]!, legs[1]!);
          const isRight = status === 200 && JSON.parse(text).status === "notified";
          if (!isRight) wrong.push(`${callId}: the reachable leg was answered ${status} ${text}`);
          return callId;
        };
        const callIds: string[] = [];
        for (let nth = 0; nth < rounds; nth += atOnce) {
          callIds.push(...(await Promise.all(Array.from({ length: atOnce }, (_, one) => ring(nth + one)))));
        }
        const [toLiving, toDead] = [functions.fcm.messages(living), functions.fcm.messages(dead)];
        for (const callId of callIds) {
          if (!ringsFor(callId, toLiving)) wrong.push(`${callId}: the reachable leg is silent`);
          if (ringsFor(callId, toDead)) wrong.push(`${callId}: the unreachable leg rings`);
        }
        assert.deepEqual(wrong, []);
      },
    );
  }
});
