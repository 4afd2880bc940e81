import type { Services } from "../services.ts";
import { byCreation } from "./find-rings.ts";
import { buildCallKey, readStored, ringRef, ringsRef, type StoredRing } from "./ring.ts";

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * More than a call has. Under an id that a PBX uses for every call there may be any number: then these are some of them, since
 * the newest could only be found with one more index.
 */
const maxRings = 1000;

/** The rings that an operator means, oldest first: of a `callId`, a `call_id`, or `<pbx>~<call_id>` as `calls tail` shows it. */
export async function findRingsOf(
  { db }: Pick<Services, "db">,
  name: string,
  pbxId?: string,
): Promise<readonly StoredRing[]> {
  if (uuid.test(name)) {
    const found = readStored(await ringRef(db, name).get());
    if (found !== undefined) return [found];
  }
  const key = name.includes("~") || pbxId === undefined ? name : buildCallKey({ pbxId, linkedId: name });
  const { docs } = await ringsRef(db)
    .where(key.includes("~") ? "callKey" : "linkedId", "==", key)
    .limit(maxRings)
    .get();
  const rings = docs.flatMap((doc) => readStored(doc) ?? []);
  return rings.filter(({ ring }) => pbxId === undefined || ring.pbxId === pbxId).toSorted(byCreation);
}
