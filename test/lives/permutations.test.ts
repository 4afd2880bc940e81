import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { startFunctions } from "../support/functions.ts";
import { startScriptedFirestore } from "../support/scripted-firestore/scripted-firestore.ts";
import { shapes, type Action, type Life } from "./life.ts";
import { runLife } from "./run-life.ts";
import { startSite, type Site } from "./site.ts";

const firestore = await startScriptedFirestore();
const functions = await startFunctions({ FIRESTORE_EMULATOR_HOST: firestore.host });
const sites = await Promise.all(Array.from({ length: 6 }, (_, nth) => startSite(functions, firestore, `site${nth}`)));
after(async () => {
  await Promise.all(sites.map((site) => site.close()));
  await functions.close();
  await firestore.close();
});

/** The actions on two extens of one call; an end names the `ring_id` if there is one, otherwise the exten. */
function buildActions(withRingId: boolean): Readonly<Record<string, Action>> {
  const [a, b] = withRingId ? (["r1", "r2"] as const) : [];
  const cancelled = { do: "end", reason: "cancelled" } as const;
  return {
    "announce a": { do: "announce", exten: 0, ring: a },
    "announce b": { do: "announce", exten: 1, ring: b },
    "end a": { ...cancelled, exten: withRingId ? undefined : 0, ring: a },
    "end b": { ...cancelled, exten: withRingId ? undefined : 1, ring: b },
    "answer a": { do: "report", phone: 0, event: "answered", of: "own" },
    "end call": { ...cancelled, exten: undefined, ring: undefined },
  };
}

function* permute<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length === 0) yield [];
  for (const [nth, item] of items.entries()) {
    for (const rest of permute(items.toSpliced(nth, 1))) yield [item, ...rest];
  }
}

/**
 * Runs every order of the actions, each after the answer to the one before, one life at a time per site; resolves with the
 * failures.
 */
async function runOrders(shape: number, actions: Readonly<Record<string, Action>>): Promise<readonly string[]> {
  const orders = permute(Object.keys(actions));
  const wrong: string[] = [];
  const work = async (site: Site) => {
    for (const order of orders) {
      const rounds = order.map((name) => ({
        actions: [{ action: actions[name]!, gapMs: 0, instance: 0 as const }],
        turnMs: 0,
      }));
      const life: Life = { shape, eagerness: ["never"], firestoreMs: 0, abortsContended: false, rounds };
      await runLife(site, life, false).catch((error: unknown) => wrong.push(`${order.join(", ")}: ${String(error)}`));
    }
  };
  await Promise.all(sites.map(work));
  return wrong;
}

describe("every order of two announcements, their ends, an answer and the end of the call", () => {
  const twoUsers = shapes.findIndex(
    ([first, second]) => first!.extens === 1 && second?.phones === 1 && first!.phones === 2,
  );
  const oneUser = shapes.findIndex(([first, second]) => first!.extens === 2 && second === undefined);
  for (const [whose, shape] of [
    ["two users", twoUsers],
    ["one user", oneUser],
  ] as const) {
    for (const withRingId of [true, false]) {
      const what = `extens of ${whose}, ${withRingId ? "with" : "without"} ring_id`;
      it(what, { timeout: 300_000 }, async () => {
        const wrong = await runOrders(shape, buildActions(withRingId));
        assert.equal(wrong.length, 0, `${wrong.length} of 720 are wrong, such as\n${wrong.slice(0, 3).join("\n\n")}`);
      });
    }
  }
});
