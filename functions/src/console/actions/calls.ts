import { Timestamp } from "firebase-admin/firestore";
import { z } from "zod";
import { extenNumber } from "../../lines/exten-number.ts";
import { listSpellings } from "../../lines/similar-lines.ts";
import { isProbe } from "../../probe/probe-phones.ts";
import { statusAt } from "../../rings/group.ts";
import { narrowRings } from "../../rings/list-rings.ts";
import { readStored, ringsRef, type Ring } from "../../rings/ring.ts";
import type { Services } from "../../services.ts";
import { pageInput, readPage } from "../cursor.ts";
import { getUid } from "../get-uid.ts";
import { action } from "../action.ts";
import { pbxId, time, userName } from "../inputs.ts";
import { describeRings } from "../show/ring-row.ts";
import type { CallStatus } from "../../wire.ts";

/** Every status of a ring. */
const status = z.enum([
  "waking",
  "notified",
  "ready",
  "answered",
  "declined",
  "failed",
  "ended",
]) satisfies z.ZodType<CallStatus>;

/** The filters of rings. */
export const callFilter = {
  pbxId: pbxId.optional(),
  exten: extenNumber.optional(),
  user: userName.optional(),
  status: status.optional(),
};

/** A filter whose user is known by uid. */
export interface RingFilter {
  readonly pbxId?: string | undefined;
  readonly uid?: string | undefined;
  /** An exten in all its spellings. */
  readonly extens?: readonly string[] | undefined;
  readonly status?: CallStatus | undefined;
}

/** Looks up whom a filter names. */
export async function resolveFilter(
  services: Pick<Services, "auth" | "config">,
  { user, exten, ...rest }: z.output<z.ZodObject<typeof callFilter>>,
): Promise<RingFilter> {
  const uid = await getUid(services, user);
  return {
    ...rest,
    uid,
    extens: exten === undefined ? undefined : [exten, ...listSpellings(exten, services.config.countryCode)],
  };
}

/** Our part of a filter: the other fields, and the status, which depends on the time. The probe's rings are no calls. */
export function fits(ring: Ring, { uid, pbxId: pbx, status: wanted }: RingFilter, now: number): boolean {
  if (pbx === undefined && isProbe(ring)) return false;
  if (uid !== undefined && ring.uid !== uid) return false;
  if (pbx !== undefined && ring.pbxId !== pbx) return false;
  return wanted === undefined || statusAt(ring, now).status === wanted;
}

/** Rings, newest first. */
export const calls = action<"calls">()(
  z.strictObject({ ...callFilter, ...pageInput, since: time.optional(), until: time.optional() }),
  async ({ services }, { limit, cursor, since, until, ...given }) => {
    const { db, clock } = services;
    const filter = await resolveFilter(services, given);
    const now = clock.now();
    let query = narrowRings(ringsRef(db), filter);
    if (since !== undefined) query = query.where("createdAt", ">=", Timestamp.fromMillis(since));
    if (until !== undefined) query = query.where("createdAt", "<", Timestamp.fromMillis(until));
    const { rows, ...page } = await readPage(
      {
        query,
        sortedBy: "createdAt",
        direction: "desc",
        leavesOut:
          Object.values(filter).filter((value) => value !== undefined).length > 1 || filter.status !== undefined,
        read: (document) => {
          const stored = readStored(document);
          return stored !== undefined && fits(stored.ring, filter, now) ? stored : undefined;
        },
      },
      { limit, cursor },
    );
    return { rows: await describeRings(services, rows), ...page };
  },
);
