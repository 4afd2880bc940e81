// Runs the rules tests on the official Firestore emulator, or says why it does not.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { findOfficialFirestore, startOfficialFirestore } from "../../local/firestore/official-emulator.ts";
import { findJavaVersion } from "../../local/stack/java.ts";

let found = await findOfficialFirestore();
if ("missing" in found && (await findJavaVersion()) >= 21) {
  spawnSync("firebase", ["setup:emulators:firestore"], { stdio: "inherit" });
  found = await findOfficialFirestore();
}
if ("missing" in found) {
  process.stdout.write(`SKIPPED: the Firestore rules tests (npm run test:rules): ${found.missing}.\n${howToInstall()}`);
} else {
  const emulator = await startOfficialFirestore(found.jar, { rules: "firestore.rules" });
  try {
    // Not spawnSync: the emulator stops when this process does not read what it prints.
    const tests = spawn(process.execPath, ["--test", "test/rules/*.test.ts"], {
      stdio: "inherit",
      env: { ...process.env, FIRESTORE_EMULATOR_HOST: emulator.host },
    });
    const [status]: unknown[] = await once(tests, "exit");
    process.exitCode = typeof status === "number" ? status : 1;
  } finally {
    await emulator.stop();
  }
}

function howToInstall(): string {
  return (
    "Install Java 17 and the Debian package google-cloud-cli-firestore-emulator, or Java 21 for the Firebase CLI's own;\n" +
    "FIRESTORE_EMULATOR_JAR names a jar that is somewhere else.\n"
  );
}
