// Runs the rules tests on the official Firestore emulator where there is one, and says why not elsewhere.
import { spawnSync } from "node:child_process";
import { findJavaVersion } from "../../local/stack/java.ts";

const neededVersion = 21;
const version = await findJavaVersion();

if (version < neededVersion) {
  const found = version === 0 ? "this machine has none" : `this machine has ${version}`;
  process.stdout.write(
    `Rules tests not run: the official Firestore emulator needs Java ${neededVersion} and ${found}.\n` +
      "What the rules guard is also checked where the backend reads it: npm test covers broken server settings.\n",
  );
} else {
  const { status } = spawnSync(
    "firebase",
    ["emulators:exec", "--project", "demo-pbx-push", "--only", "firestore", 'node --test "test/rules/*.test.ts"'],
    { stdio: "inherit" },
  );
  process.exitCode = status ?? 1;
}
