import { Timestamp } from "firebase-admin/firestore";
import { findLine, wasAssignedBefore } from "../lines/lines.ts";
import { findExisting, listSpellings } from "../lines/similar-lines.ts";
import type { Services } from "../services.ts";
import { findLeaders } from "./find-rings.ts";
import { lineOf, readStored, ringRef, ringsRef, type Ring, type StoredRing } from "./ring.ts";
import { hasNoLine } from "./verdict/ring-rows.ts";
import { explainRing, type Verdict } from "./verdict/verdict.ts";

/** How verdicts are asked for. */
export interface Asking {
  /** The time zone of the times in the sentences. */
  readonly timeZone: string;
  /** What the asker may learn of besides the rings; everything, if absent. */
  readonly maySee?: (exten: string, pbxId: string) => boolean;
}

/** The verdicts on rings of one call, in their order; looks up what they need besides. */
export async function explainRings(
  services: Services,
  rings: readonly StoredRing[],
  { timeZone, maySee = () => true }: Asking,
): Promise<readonly Verdict[]> {
  const [sharing, before] = await Promise.all([findSharing(services, rings), findBefore(services, rings)]);
  const known = new Set(sharing.map(({ id }) => id));
  const others = before.filter(({ id, ring }) => !known.has(id) && maySee(ring.exten, ring.pbxId));
  const now = services.clock.now();
  const all = [...rings, ...sharing, ...others];
  const unowned = new Map(rings.filter(({ ring }) => hasNoLine(ring)).map(({ ring }) => [lineOf(ring), ring]));
  const similar = new Map<string, readonly string[]>();
  for (const [line, ring] of unowned) similar.set(line, await findSimilar(services, ring, maySee));
  const owned = await Promise.all(rings.map(async (stored) => withLine(services, stored)));
  return owned.map((ring) => {
    return explainRing({ ring, rings: all, similarLines: similar.get(lineOf(ring.ring)) ?? [], now, timeZone });
  });
}

/** A ring of an earlier version does not name the user of its line, if that had no phone. The line may still tell. */
async function withLine(services: Services, stored: StoredRing): Promise<StoredRing> {
  const { ring, createTime } = stored;
  if (!hasNoLine(ring) || !(await wasAssignedBefore(services, lineOf(ring), createTime))) return stored;
  const uid = (await findLine(services, lineOf(ring)))?.uid;
  return uid === undefined ? stored : { ...stored, ring: { ...ring, uid } };
}

/** The other rings that share phones with these: those that they joined, and those that joined the same. */
async function findSharing({ db }: Pick<Services, "db">, rings: readonly StoredRing[]): Promise<readonly StoredRing[]> {
  const leaders = await findLeaders({ db }, rings);
  const known = new Set([...rings, ...leaders].map(({ id }) => id));
  const ids = [...rings, ...leaders].flatMap(({ ring }) => ring.leads ?? []).filter((id) => !known.has(id));
  if (ids.length === 0) return leaders;
  const snapshots = await db.getAll(...[...new Set(ids)].map((id) => ringRef(db, id)));
  return [...leaders, ...snapshots.flatMap((snapshot) => readStored(snapshot) ?? [])];
}

/** A phone may be in a call that was answered so long before, in milliseconds. */
const callMs = 3_600_000;

/** More calls than a user has within that time. */
const maxCalls = 20;

/** The latest rings of the same users before these: a phone may have been in one of those calls. */
async function findBefore({ db }: Pick<Services, "db">, rings: readonly StoredRing[]): Promise<readonly StoredRing[]> {
  const byUser = Map.groupBy(
    rings.filter(({ ring }) => ring.uid !== undefined),
    ({ ring }) => ring.uid,
  );
  const found = [...byUser].map(async ([uid, own]) => {
    const begins = own.map(({ ring }) => ring.createdAt.toMillis());
    const { docs } = await ringsRef(db)
      .where("uid", "==", uid)
      .where("createdAt", ">=", Timestamp.fromMillis(Math.min(...begins) - callMs))
      .where("createdAt", "<", Timestamp.fromMillis(Math.max(...begins)))
      .orderBy("createdAt", "desc")
      .limit(maxCalls)
      .get();
    return docs.flatMap((doc) => readStored(doc) ?? []);
  });
  const known = new Set(rings.map(({ id }) => id));
  return (await Promise.all(found)).flat().filter(({ id }) => !known.has(id));
}

/** Lines that are written like that of a ring for which there is none. */
async function findSimilar(
  services: Services,
  ring: Ring,
  maySee: NonNullable<Asking["maySee"]>,
): Promise<readonly string[]> {
  const { exten, pbxId } = ring;
  const prefix = lineOf(ring).slice(0, -exten.length);
  const spellings = listSpellings(exten, services.config.countryCode).filter((spelling) => maySee(spelling, pbxId));
  return findExisting(
    services,
    spellings.map((spelling) => `${prefix}${spelling}`),
  );
}
