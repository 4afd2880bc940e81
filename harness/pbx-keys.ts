import { createHash } from "node:crypto";
import { scopes, type KeyGrant } from "../functions/src/keys/pbx-key.ts";

/** The part used here of a Firestore client, the functions' own or another copy of the SDK. */
interface Database {
  doc(path: string): { set(data: object): Promise<unknown> };
}

/** Any key of tests and benchmarks may do everything, as the PBX `pbx-1`, unless its grant says otherwise. */
const everything: KeyGrant = {
  pbxId: "pbx-1",
  scopes: [...scopes],
  // Tests and benchmarks send more than a PBX does.
  requestsPerSecond: 10_000,
};

/** The path of a key's document. */
export function pbxKeyPath(key: string): string {
  return `pbxKeys/${createHash("sha256").update(key).digest("hex")}`;
}

/** Stores a PBX key, as `ops keys add` does. */
export async function savePbxKey(db: Database, key: string, grant: Partial<KeyGrant> & object = {}): Promise<void> {
  await db.doc(pbxKeyPath(key)).set({ ...everything, createdAt: new Date(), ...grant });
}
