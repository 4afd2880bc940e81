import { z } from "zod";
import { readDeployment } from "../../config.ts";
import { explainRings } from "../../rings/explain-rings.ts";
import { findKeysAt } from "../../rings/find-keys-at.ts";
import { findLeaders } from "../../rings/find-rings.ts";
import { findRingsOf } from "../../rings/find-rings-of.ts";
import { historyMs, type StoredRing } from "../../rings/ring.ts";
import { explainSilence } from "../../rings/verdict/verdict.ts";
import type { Services } from "../../services.ts";
import { isTimeZone } from "../../time-zone.ts";
import { findUsersByUid } from "../../users/find-users.ts";
import { action } from "../action.ts";
import { pbxId, time } from "../inputs.ts";
import { tellStory } from "../show/ring-story.ts";
import type { Finding, RingStory } from "../wire.ts";

/** Rings of one call that are told: a queue may try its extens for an hour. */
const maxRings = 100;

/** One call with its time line and verdict, or why there is none on record. */
export const call = action<"call">()(
  z.strictObject({
    call: z.string().regex(/^[^\p{Cc}\p{Cs}]{1,200}$/u, "must be a callId, a call_id, or <pbx>~<call_id>"),
    pbxId: pbxId.optional(),
    at: time.optional(),
    timeZone: z.string().max(64).refine(isTimeZone, "must be a time zone such as Asia/Seoul").optional(),
  }),
  async ({ services }, { call: name, pbxId: pbx, at, timeZone = readDeployment().timeZone }) => {
    // The newest are told: those are asked about.
    const rings = (await findRingsOf(services, name, pbx)).slice(-maxRings);
    if (rings.length > 0) return { rings: await tellStories(services, rings, timeZone) };
    return { rings: [], silence: await explainMissing(services, { name, pbx, at, timeZone }) };
  },
);

interface Missing {
  readonly name: string;
  readonly pbx: string | undefined;
  readonly at: number | undefined;
  readonly timeZone: string;
}

/** The keys of its PBX may tell why a call is not on record. */
async function explainMissing(services: Services, { name, pbx, at, timeZone }: Missing): Promise<Finding> {
  const now = services.clock.now();
  const said = at ?? findTime(name, now);
  const when = said ?? now;
  const announcer = pbx ?? (name.includes("~") ? name.slice(0, name.indexOf("~")) : undefined);
  const { dead, hasWorking } = await findKeysAt(services, { time: when, pbxId: announcer });
  // With a PBX whose key worked, it is not known which PBX should have rung.
  const isGuess = announcer === undefined && hasWorking;
  return explainSilence({ time: when, isNow: said === undefined, keys: isGuess ? [] : dead.slice(0, 1), timeZone });
}

/** Asterisk's ids of calls begin with the second of the call. */
function findTime(name: string, now: number): number | undefined {
  const begun = Number(/(?:^|[~-])(\d{10})\.\d+$/.exec(name)?.[1]) * 1000;
  return begun > now - historyMs && begun <= now ? begun : undefined;
}

async function tellStories(
  services: Services,
  rings: readonly StoredRing[],
  timeZone: string,
): Promise<readonly RingStory[]> {
  const uids = [...new Set(rings.flatMap(({ ring: { uid } }) => uid ?? []))];
  const [verdicts, leaders, users] = await Promise.all([
    explainRings(services, rings, { timeZone }),
    findLeaders(services, rings),
    findUsersByUid(services, uids),
  ]);
  const all = [...rings, ...leaders];
  const now = services.clock.now();
  return rings.flatMap((stored, nth) => {
    const verdict = verdicts[nth];
    const email = users.get(stored.ring.uid ?? "")?.email;
    return verdict === undefined ? [] : [tellStory({ stored, all, verdict, email, now })];
  });
}
