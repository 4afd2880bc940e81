import type { Services } from "../services.ts";
import { byCreation } from "./find-rings.ts";
import { readStored, ringRef, ringsRef, type StoredRing } from "./ring.ts";

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

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
  const [field, value] = name.includes("~") ? ["callKey", name] : ["linkedId", name];
  const { docs } = await ringsRef(db).where(field, "==", value).get();
  const rings = docs.flatMap((doc) => readStored(doc) ?? []);
  return rings.filter(({ ring }) => pbxId === undefined || ring.pbxId === pbxId).toSorted(byCreation);
}
