// The Functions emulator reads its secrets from a file of the form of `.env`:
// https://firebase.google.com/docs/functions/local-emulator#secrets_and_credentials_in_the_emulator
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";

/** A secret's value; `undefined` if the file or the secret does not exist. */
export function readSecret(file: string, name: string): string | undefined {
  return existsSync(file) ? parseEnv(readFileSync(file, "utf8"))[name] : undefined;
}

/** Sets a secret in the file, which only the user can read; other lines stay. */
export function writeSecret(file: string, name: string, value: string): void {
  // Quoted, because the emulator takes an unquoted `#` for a comment.
  if (value.includes("'")) throw new Error(`${name} contains a quote, which the file cannot hold`);
  const line = `${name}='${value}'`;
  const before = existsSync(file) ? readFileSync(file, "utf8") : "";
  const assignment = new RegExp(
    String.raw`^[^\S\n]*(?:export\s+)?${name}[^\S\n]*=[^\S\n]*(?:'[^']*'|"(?:\\"|[^"])*"|[^\n]*)`,
    "m",
  );
  const text = assignment.test(before)
    ? before.replace(assignment, () => line)
    : `${before}${before === "" || before.endsWith("\n") ? "" : "\n"}${line}\n`;
  // Replaced atomically: the emulator may be reading.
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
