import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it, type TestContext } from "node:test";

import { findOfficial } from "../../../local/official/find.ts";

/** A machine with only a Java of this version. */
function setUp(t: TestContext, javaVersion: string) {
  const folder = mkdtempSync(join(tmpdir(), "official-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const put = (path: string, text = "", mode = 0o644) => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
    return file;
  };
  put("bin/java", `#!/bin/sh\necho 'openjdk version "${javaVersion}" 2025-04-15' >&2\n`, 0o755);
  const environment: NodeJS.ProcessEnv = {
    PATH: join(folder, "bin"),
    FIREBASE_EMULATORS_PATH: join(folder, "cache"),
    CLOUDSDK_ROOT_DIR: join(folder, "sdk"),
  };
  return { put, environment };
}

describe("the official emulators", () => {
  it("are found in a setting's path, then in the Firebase CLI's newest, then in the Google Cloud CLI", async (t) => {
    const { put, environment } = setUp(t, "17.0.15");
    const firestore = put("sdk/platform/cloud-firestore-emulator/cloud-firestore-emulator.jar");
    const pubsub = put("sdk/platform/pubsub-emulator/lib/cloud-pubsub-emulator-0.8.20-all.jar");
    assert.deepEqual(await findOfficial(["firestore", "pubsub"], environment), { jars: { firestore, pubsub } });

    put("cache/cloud-firestore-emulator-v1.9.0.jar");
    put("cache/cloud-firestore-emulator-v1.30.0.zip");
    const newest = put("cache/cloud-firestore-emulator-v1.21.0.jar");
    const cached = put("cache/pubsub-emulator-0.8.27/pubsub-emulator/lib/cloud-pubsub-emulator-0.8.27-all.jar");
    const downloaded = { jars: { firestore: newest, pubsub: cached } };
    assert.deepEqual(await findOfficial(["firestore", "pubsub"], environment), downloaded);

    const named = put("mine.jar");
    const setting = { ...environment, FIRESTORE_EMULATOR_JAR: named };
    assert.deepEqual(await findOfficial(["firestore"], setting), { jars: { firestore: named } });
  });

  it("are not looked for elsewhere when a setting names a missing jar", async (t) => {
    const { put, environment } = setUp(t, "21");
    put("sdk/platform/pubsub-emulator/lib/cloud-pubsub-emulator-0.8.20-all.jar");
    const setting = { ...environment, PUBSUB_EMULATOR_JAR: "/nowhere.jar" };
    await assert.rejects(
      findOfficial(["pubsub"], setting),
      /PUBSUB_EMULATOR_JAR names \/nowhere\.jar, which does not exist/,
    );
  });

  it("are reported missing in one line that says how to get them", async (t) => {
    const { put, environment } = setUp(t, "11.0.2");
    put("sdk/platform/pubsub-emulator/lib/cloud-pubsub-emulator-0.8.20-all.jar");
    assert.deepEqual(await findOfficial(["pubsub"], environment), { missing: "it needs Java 17 or later on the PATH" });
    const missing =
      "it needs the official Firestore emulator (Debian package google-cloud-cli-firestore-emulator of the Google Cloud " +
      "CLI, or FIRESTORE_EMULATOR_JAR=<its jar>), and Java 17 or later on the PATH";
    assert.deepEqual(await findOfficial(["firestore", "pubsub"], environment), { missing });
  });
});
