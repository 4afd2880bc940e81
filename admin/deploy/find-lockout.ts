import type { Services } from "../../functions/src/services.ts";
import { listKeys, stateOf } from "../../functions/src/keys/manage-keys.ts";
import { linesRef } from "../../functions/src/lines/lines.ts";

/** Says that the deployed functions would refuse every PBX: the project has lines, and no key of a PBX that works. */
export async function findLockout(services: Services): Promise<string | undefined> {
  const [keys, lines] = await Promise.all([listKeys(services), linesRef(services.db).limit(1).get()]);
  const now = services.clock.now();
  const works = keys.some((key) => {
    // The doctor's own key has the scope `keys` alone.
    return stateOf(key, now) === "active" && key.document?.scopes.some((scope) => scope !== "keys") === true;
  });
  if (works || lines.empty) return undefined;
  return "the project has lines but no PBX key that works: every PBX would get 401. Import the keys first (docs/keys.md, From the secret PBX_KEYS), or make one: keys add <pbx>";
}
