import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { startFunctions } from "../support/functions.ts";
import { startScriptedFirestore } from "../support/scripted-firestore/scripted-firestore.ts";
import { runLives } from "./run-lives.ts";

const firestore = await startScriptedFirestore();
const functions = await startFunctions({ FIRESTORE_EMULATOR_HOST: firestore.host });
after(async () => {
  await functions.close();
  await firestore.close();
});

const lives = 120;

/** A fixed seed, for the same lives each time; `npm run test:lives` uses others. */
const seed = 20261128;

describe("any life of a call", () => {
  it(`follows the rules, ${lives} times`, { timeout: 300_000 }, async () => {
    assert.deepEqual(await runLives(functions, firestore, { lives, seed, atOnce: 6 }), [], `seed ${seed}`);
  });
});
