// The Functions emulator reads its secrets from a file of the form of `.env`:
// https://firebase.google.com/docs/functions/local-emulator#secrets_and_credentials_in_the_emulator
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";

/** A secret's value, or `undefined` when the file or the secret is not there. */
export function readSecret(file: string, name: string): string | undefined {
  return existsSync(file) ? parseEnv(readFileSync(file, "utf8"))[name] : undefined;
}

/** Puts a secret into the file, for nobody else to read, and leaves all else in it alone. */
export function writeSecret(file: string, name: string, value: string): void {
  // Unquoted, the emulator would take a `#` in the value for the beginning of a comment.
  if (value.includes("'")) throw new Error(`${name} has a quote in it, which the file cannot carry`);
  const line = `${name}='${value}'`;
  const before = existsSync(file) ? readFileSync(file, "utf8") : "";
  const assignment = new RegExp(
    String.raw`^[^\S\n]*(?:export\s+)?${name}[^\S\n]*=[^\S\n]*(?:'[^']*'|"(?:\\"|[^"])*"|[^\n]*)`,
    "m",
  );
  const text = assignment.test(before)
    ? before.replace(assignment, () => line)
    : `${before}${before === "" || before.endsWith("\n") ? "" : "\n"}${line}\n`;
  // Never half a file: the emulator may be reading.
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
