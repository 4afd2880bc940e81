import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { demo } from "./demo.ts";
import { readSecret, writeSecret } from "./secret-file.ts";

/** The Functions emulator's file of secrets. */
export const secretFile = fileURLToPath(new URL("../../functions/.secret.local", import.meta.url));

/** The value of `PBX_KEYS` with the demo key. */
export const demoKeys = [{ id: "pbx-1", sha256: createHash("sha256").update(demo.pbxKey).digest("hex") }];

/** Writes the demo key if there is no secret. Throws if a secret exists without it: its keys are the developer's own. */
export function writeDemoSecret(): void {
  const keys = readSecret(secretFile, "PBX_KEYS");
  if (keys === undefined) writeSecret(secretFile, "PBX_KEYS", JSON.stringify(demoKeys));
  else if (!keys.includes(demoKeys[0]!.sha256)) {
    throw new Error(`${secretFile} does not have the demo key; move the file away to run the demo`);
  }
}
