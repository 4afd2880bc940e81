import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { startFunctions } from "../support/functions.ts";
import { startScriptedFirestore } from "../support/scripted-firestore/scripted-firestore.ts";
import { shapes, type Deed, type Life } from "./life.ts";
import { live } from "./live.ts";
import { startSite, type Site } from "./site.ts";

const firestore = await startScriptedFirestore();
const functions = await startFunctions({ FIRESTORE_EMULATOR_HOST: firestore.host });
const sites = await Promise.all(Array.from({ length: 6 }, (_, nth) => startSite(functions, firestore, `site${nth}`)));
after(async () => {
  await Promise.all(sites.map((site) => site.close()));
  await functions.close();
  await firestore.close();
});

/** What is done to two extens of one call; with a `ring_id` an end names that, and else the exten. */
function buildDeeds(withRingId: boolean): Readonly<Record<string, Deed>> {
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

/** Lives every order of the deeds, one after the other's answer, as many lives at once as there are sites; resolves with what went wrong in which. */
async function liveAll(shape: number, deeds: Readonly<Record<string, Deed>>): Promise<readonly string[]> {
  const orders = permute(Object.keys(deeds));
  const wrong: string[] = [];
  const work = async (site: Site) => {
    for (const order of orders) {
      const rounds = order.map((name) => ({
        deeds: [{ deed: deeds[name]!, gapMs: 0, instance: 0 as const }],
        turnMs: 0,
      }));
      const life: Life = { shape, eagerness: ["never"], firestoreMs: 0, abortsContended: false, rounds };
      await live(site, life, false).catch((error: unknown) => wrong.push(`${order.join(", ")}: ${String(error)}`));
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
        const wrong = await liveAll(shape, buildDeeds(withRingId));
        assert.equal(wrong.length, 0, `${wrong.length} of 720 are wrong, such as\n${wrong.slice(0, 3).join("\n\n")}`);
      });
    }
  }
});
