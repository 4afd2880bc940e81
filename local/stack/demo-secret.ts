// The Functions emulator reads secrets from a file of the form of `.env`, and asks Secret Manager for those that it lacks:
// https://firebase.google.com/docs/functions/local-emulator#secrets_and_credentials_in_the_emulator
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import { demoApnsKey } from "../../packages/push-emulator/src/apns/demo-key.ts";

const name = "APNS_KEY";
const secretFile = fileURLToPath(new URL("../../functions/.secret.local", import.meta.url));

/**
 * Gives the functions the push emulator's demo key, by which iPhones ring here. Throws if the file has another key: that is the
 * developer's own, and the emulator would refuse it.
 */
export function saveDemoSecret(file = secretFile): void {
  const before = readIfThere(file);
  const key = parseEnv(before)[name];
  if (key?.trim() === demoApnsKey.key.trim()) return;
  if (key !== undefined) {
    throw new Error(`${file} has another ${name} than the push emulator's; move the file away to run the local stack`);
  }
  const separator = before === "" || before.endsWith("\n") ? "" : "\n";
  // Replaced atomically: the emulator of another stack may be reading.
  writeFileSync(`${file}.new`, `${before}${separator}${name}='${demoApnsKey.key}'\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The secrets of the local stack's functions; none before its first start. */
export function readLocalSecrets(file = secretFile): NodeJS.ProcessEnv {
  return parseEnv(readIfThere(file));
}

function readIfThere(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
