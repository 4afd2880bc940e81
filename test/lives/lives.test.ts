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

const lives = 200;

describe("any life of a call", () => {
  it(`is as the rules have it, ${lives} times`, { timeout: 300_000 }, async () => {
    const seed = Math.floor(Math.random() * 2 ** 30);
    assert.deepEqual(await runLives(functions, firestore, { lives, seed, atOnce: 6 }), [], `seed ${seed}`);
  });
});
