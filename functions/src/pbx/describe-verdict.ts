import { z } from "zod";
import type { StoredRing } from "../rings/ring.ts";
import type { Finding } from "../rings/verdict/finding.ts";
import { phoneTable, ringTable, type PhoneTimes, type PhoneVerdict, type Verdict } from "../rings/verdict/verdict.ts";
import { answerSchemas } from "./route.ts";

const words = z.object({ ko: z.string(), en: z.string() }).register(answerSchemas, { id: "Words" });

const ms = z.int().optional();

const phoneVerdict = z
  .object({
    device_id: z.string(),
    model: z.string().optional().describe("What its app said of it: model, system, version of the app"),
    cause: z.enum(phoneTable.map(({ cause }) => cause)),
    says: words.describe("What happened, to read out"),
    todo: words.describe("What to do"),
    accepted_ms: ms.describe("When the push was accepted, in milliseconds since the announcement; so are the others"),
    received_ms: ms,
    ready_ms: ms,
    failed_ms: ms,
    answered_ms: ms,
    declined_ms: ms,
    ended_ms: ms.describe("When the ring was over"),
  })
  .register(answerSchemas, { id: "PhoneVerdict" });

/** The verdict on one ring, on the wire. */
export const ringVerdict = z
  .object({
    exten: z.string(),
    ring_id: z.string().optional(),
    cause: z
      .enum(ringTable.map(({ cause }) => cause))
      .optional()
      .describe("Why the ring has no phone; absent if it has"),
    says: words.optional(),
    todo: words.optional(),
    phones: z.array(phoneVerdict),
  })
  .register(answerSchemas, { id: "Verdict" });

/** Describes the verdict on a ring. */
export function describeVerdict({ ring }: StoredRing, verdict: Verdict): z.output<typeof ringVerdict> {
  return {
    exten: ring.exten,
    ...(ring.pbxRingId !== undefined && { ring_id: ring.pbxRingId }),
    ...(verdict.ring && describeFinding(verdict.ring)),
    phones: verdict.phones.map(describePhone),
  };
}

function describePhone({ deviceId, model, times, ...finding }: PhoneVerdict): z.output<typeof phoneVerdict> {
  return {
    device_id: deviceId,
    ...(model !== undefined && { model }),
    ...describeFinding(finding),
    ...describeTimes(times),
  };
}

function describeFinding<Cause extends string>({ cause, says, todo }: Finding<Cause>): Finding<Cause> {
  return { cause, says, todo };
}

/** `readyMs` becomes `ready_ms`. */
function describeTimes(times: PhoneTimes): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(times).map(([name, time]) => [name.replace("Ms", "_ms"), time]));
}
