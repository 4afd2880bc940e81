import type { Services } from "../../functions/src/services.ts";
import { pbxKeysRef } from "../../functions/src/keys/key-document.ts";
import { linesRef } from "../../functions/src/lines/lines.ts";

/** Says that the deployed functions would refuse every PBX: the project has lines, and no key of a PBX. */
export async function findLockout({ db }: Services): Promise<string | undefined> {
  const [keys, lines] = await Promise.all([pbxKeysRef(db).limit(1).get(), linesRef(db).limit(1).get()]);
  if (!keys.empty || lines.empty) return undefined;
  return "the project has lines but no PBX key: every PBX would get 401. Import the keys first: docs/keys.md, From the secret PBX_KEYS";
}
