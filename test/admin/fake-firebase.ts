// Stands in for the Firebase CLI: `functions:secrets:access` and `functions:secrets:set` of firebase-tools 15.34, with
// Secret Manager in the folder FAKE_FIREBASE. Files in that folder script its failures.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.env["FAKE_FIREBASE"] ?? "";
const [command, key, ...rest] = process.argv.slice(2);
// A numbered version, as PBX_KEYS@3, is a file of its own.
const secret = join(folder, `${key}`);
const is = (what: string) => existsSync(join(folder, what));

appendFileSync(join(folder, "commands"), `${[command, key, ...rest].join(" ")}\n`);
if (is("logged-out")) fail("Failed to authenticate, have you run \u001B[1mfirebase login\u001B[22m?");
if (command === "functions:secrets:access") access();
else if (command === "functions:secrets:set") set();
else fail(`${command} is not a Firebase command`);

function access(): void {
  if (is("warns")) process.stdout.write("⚠  functions: the runtime is old\n[warn] {not json}\n");
  if (!existsSync(secret))
    fail(`Request to https://secretmanager.googleapis.com/… had HTTP Error: 404, Secret not found`);
  process.stdout.write(`${readFileSync(secret, "utf8")}\n`);
}

function set(): void {
  const value = readFileSync(0, "utf8");
  if (is("refuses")) fail("HTTP Error: 403, Permission denied");
  if (!is("loses")) writeFileSync(secret, value);
  process.stdout.write("✔  Created a new secret version projects/1/secrets/PBX_KEYS/versions/2\n");
  if (is("fails-late")) fail("HTTP Error: 503, functions could not be listed");
}

function fail(message: string): never {
  process.stderr.write(`\nError: ${message}\n`);
  process.exit(1);
}
