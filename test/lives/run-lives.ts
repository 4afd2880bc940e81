import * as fc from "fast-check";
import type { TestFunctions } from "../support/functions.ts";
import type { ScriptedFirestore } from "../support/scripted-firestore/scripted-firestore.ts";
import { anyLife, type Life } from "./life.ts";
import { describeLife, runLife } from "./run-life.ts";
import { startSite } from "./site.ts";

/** The number of lives, the seed, and how many run at a time; or the path of a single life. */
export interface Plan {
  readonly lives: number;
  readonly seed: number;
  readonly atOnce: number;
  readonly path?: string | undefined;
  /** Called after each life. */
  readonly onLife?: () => void;
  /** Called when a life fails; a shorter one that fails is then looked for, which may take minutes. */
  readonly onFailure?: () => void;
}

/** Runs lives; resolves with the failures: the shortest failing life of each, and the command that repeats it. */
export async function runLives(
  functions: TestFunctions,
  firestore: ScriptedFirestore,
  { lives, seed, atOnce, path, onLife, onFailure }: Plan,
): Promise<readonly string[]> {
  const shares = Array.from({ length: atOnce }, (_, nth) => Math.ceil((lives - nth) / atOnce)).filter(
    (count) => count > 0,
  );
  const failures = await Promise.all(
    shares.map(async (numRuns, nth) => {
      const site = await startSite(functions, firestore, `site${seed + nth}`);
      let hasFailed = false;
      const property = fc.asyncProperty(anyLife, async (life: Life) => {
        try {
          await runLife(site, life);
        } catch (error) {
          if (!hasFailed) onFailure?.();
          hasFailed = true;
          throw error;
        }
        onLife?.();
      });
      const wanted = { seed: seed + nth, numRuns, ...(path !== undefined && { path }) };
      const result = await fc.check(property, wanted);
      // After a failure a listener may be open, and the SDK's close would wait for it.
      if (!result.failed) {
        await site.close();
        return undefined;
      }
      const [life] = result.counterexample!;
      const again = `npm run test:lives -- --seed ${result.seed} --path "${result.counterexamplePath}"`;
      return `${again}\n${describeLife(life)}\n${String(result.errorInstance)}`;
    }),
  );
  return failures.filter((failure) => failure !== undefined);
}
