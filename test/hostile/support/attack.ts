/**
 * The hostile input suite: generated requests against the real functions over HTTP.
 *
 *   pbx-api.test.ts       every route of all-routes.ts, /health, /openapi.json and unknown paths
 *   callables.test.ts     every callable of phones; console.test.ts every question of the operators' console
 *   audience.test.ts      devices with odd ids and registrations, then a campaign to all of them
 *   push-emulator.test.ts the FCM emulator; push-emulator-apns.test.ts its APNs
 *   keys.test.ts          scope × route, exten × route, address × proxies, the comparison of keys, replays
 *   limits.test.ts        a text over the limit in every field
 *   sockets.test.ts       bytes that no HTTP client would send, and slow ones
 *   framing.test.ts       bodies that are not what their heads say, on a built instance; the memory of a request
 *   unfinished.test.ts    floods of large unfinished bodies, on a built instance
 *   regexes.test.ts       every regular expression that processes client input: its time is at most linear in the length
 *
 * A request is arbitrary junk, a valid one made from the schemas of `GET /openapi.json` and then spoilt, or a valid one with
 * hostile values. Each run has its own seed. A failure prints the seed and the smallest request that still fails; repeat it
 * with the seed:
 *
 *   FC_SEED=123456 npm run test:hostile
 *   FC_SEED=123456 FC_PATH=17:3:0 node --test --test-name-pattern='POST /calls' test/hostile/pbx-api.test.ts
 *
 * A run has over 30,000 requests. `FC_TIMES=2` sends twice as many to each target, up to 20 times; `FC_RUNS=100` sends 100.
 */
import type { TestContext } from "node:test";
import * as fc from "fast-check";
import { requireIntactProcess } from "./intact-process.ts";

const given = Number(process.env["FC_SEED"]);

/** The seed of all generated input of this process. */
export const seed = Number.isInteger(given) && given !== 0 ? given : Math.floor(Math.random() * 0x7fff_ffff) + 1;

/** The number of inputs for a target: `usual`, that times FC_TIMES, or FC_RUNS. */
export function runsOf(usual: number): number {
  const [runs, times] = [Number(process.env["FC_RUNS"]), Number(process.env["FC_TIMES"])];
  if (Number.isInteger(runs) && runs > 0) return runs;
  return times > 0 ? Math.ceil(usual * times) : usual;
}

/** Runs `check` on `usual` generated inputs; the error shows the smallest input that still fails, and the seed. */
export async function attack<T>(
  test: TestContext,
  usual: number,
  input: fc.Arbitrary<T>,
  check: (value: T) => Promise<void>,
): Promise<void> {
  const startedAt = performance.now();
  const path = process.env["FC_PATH"];
  const numRuns = runsOf(usual);
  await fc.assert(
    fc.asyncProperty(input, async (value) => {
      try {
        await check(value);
      } finally {
        // A polluted prototype causes other failures too; the next input must start without it.
        requireIntactProcess();
      }
    }),
    {
      seed,
      numRuns,
      includeErrorInReport: true,
      interruptAfterTimeLimit: 200_000,
      markInterruptAsFailure: true,
      ...(path !== undefined && { path }),
    },
  );
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  test.diagnostic(`${numRuns} generated inputs in ${seconds} s, FC_SEED=${seed}`);
}
