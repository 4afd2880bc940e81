// Runs tests on Google's own emulators of Firestore and Pub/Sub, or prints why it cannot: node test/on-official.ts rules
import { spawn } from "node:child_process";
import { once } from "node:events";
import { findOfficial, type EmulatorKind } from "../local/official/find.ts";
import { startOfficial, type OfficialEmulator } from "../local/official/start.ts";

/** A set of tests, and how they find their emulators. */
interface Suite {
  readonly files: readonly string[];
  readonly needs: readonly EmulatorKind[];
  /** The environment variables that name the running emulators; absent where the tests start them. */
  readonly hosts?: Readonly<Record<string, EmulatorKind>>;
  readonly environment?: Readonly<Record<string, string>>;
}

const suites: Record<string, Suite> = {
  rules: { files: ["test/rules/*.test.ts"], needs: ["firestore"], hosts: { FIRESTORE_EMULATOR_HOST: "firestore" } },
  parity: {
    files: ["test/local/firestore/firestore.test.ts", "test/local/pubsub/*.test.ts"],
    needs: ["firestore", "pubsub"],
    hosts: { OFFICIAL_FIRESTORE: "firestore", OFFICIAL_PUBSUB: "pubsub" },
  },
  stack: {
    files: ["test/stack/stack.test.ts"],
    needs: ["firestore", "pubsub"],
    environment: { STACK: "official" },
  },
};

const [name = ""] = process.argv.slice(2);
const suite = suites[name];
if (suite === undefined) throw new Error(`One of ${Object.keys(suites).join(", ")}, not "${name}"`);
const found = await findOfficial(suite.needs);
if ("missing" in found) process.stdout.write(`SKIPPED: ${name} on the official emulators: ${found.missing}\n`);
else process.exitCode = await run(suite, found.jars);

async function run({ files, hosts = {}, environment }: Suite, jars: Record<EmulatorKind, string>): Promise<number> {
  const emulators: OfficialEmulator[] = [];
  const named: Record<string, string> = {};
  try {
    for (const [variable, kind] of Object.entries(hosts)) {
      const emulator = await startOfficial(kind, jars[kind], name === "rules" ? { rules: "firestore.rules" } : {});
      emulators.push(emulator);
      named[variable] = emulator.host;
    }
    // Not spawnSync: an emulator blocks when this process does not read its output.
    const tests = spawn(process.execPath, ["--test", "--test-concurrency=1", "--test-timeout=900000", ...files], {
      stdio: "inherit",
      env: { ...process.env, ...environment, ...named },
    });
    const [status]: unknown[] = await once(tests, "exit");
    return typeof status === "number" ? status : 1;
  } finally {
    await Promise.all(emulators.map(async (emulator) => emulator.stop()));
  }
}
