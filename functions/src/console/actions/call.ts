import { z } from "zod";
import { readDeployment } from "../../config.ts";
import { explainMissingCall, findPbxIn, findTimeIn } from "../../rings/explain-missing-call.ts";
import { explainRings } from "../../rings/explain-rings.ts";
import { findLeaders } from "../../rings/find-rings.ts";
import { findRingsOf } from "../../rings/find-rings-of.ts";
import type { StoredRing } from "../../rings/ring.ts";
import type { Services } from "../../services.ts";
import { isTimeZone } from "../../time-zone.ts";
import { findUsersByUid } from "../../users/find-users.ts";
import { action } from "../action.ts";
import { pbxId, time } from "../inputs.ts";
import { tellStory } from "../show/ring-story.ts";
import type { RingStory } from "../wire.ts";

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
    const { finding } = await explainMissingCall(services, {
      at: at ?? findTimeIn(name, services.clock.now()),
      pbxId: pbx ?? findPbxIn(name),
      timeZone,
    });
    return { rings: [], missing: finding };
  },
);

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
