import { Misconfigured } from "../../../functions/src/errors.ts";
import { parsePbxKeyEntries, pbxKeyEntry } from "../../../functions/src/keys/pbx-key.ts";
import { deployedName } from "../../project/deployed.ts";
import type { Check } from "../check.ts";
import { fault, ok } from "../finding.ts";

const fields = Object.keys(pbxKeyEntry.shape).join(", ");

/** Checks that the secret `PBX_KEYS` can be parsed and has a key. */
export const checkKeys: Check = {
  name: "keys",
  run: async ({ projectId, google, keySecret }) => {
    const secret = await keySecret.read();
    const add = `npm run ops -- keys add <id> --project ${projectId}`;
    if (secret === undefined) return [fault("there is no secret PBX_KEYS: every PBX is refused", add)];
    try {
      const entries = parsePbxKeyEntries(secret);
      if (entries.length === 0) return [fault("PBX_KEYS has no key: every PBX is refused", add)];
      return [ok(`PBX_KEYS has ${entries.length === 1 ? "1 key" : `${entries.length} keys`}`)];
    } catch (error) {
      if (!(error instanceof Misconfigured)) throw error;
      const where =
        google === undefined
          ? "correct the line in functions/.secret.local, with its value in single quotes"
          : `store it again: npx firebase functions:secrets:set ${deployedName("PBX_KEYS")} --project ${projectId}`;
      return [fault(`${error.message}: every PBX is refused`, `${where}: a JSON array whose entries have ${fields}`)];
    }
  },
};
