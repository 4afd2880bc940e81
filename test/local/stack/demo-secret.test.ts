import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { parseEnv } from "node:util";
import { readLocalSecrets, saveDemoSecret } from "../../../local/stack/demo-secret.ts";
import { demoApnsKey } from "../../../packages/push-emulator/src/apns/demo-key.ts";

describe("the local stack's secrets", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "secrets-"));
    file = join(folder, ".secret.local");
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("are the demo key, in a file that only the user reads", async () => {
    assert.deepEqual({ ...readLocalSecrets(file) }, {});
    saveDemoSecret(file);
    assert.deepEqual({ ...readLocalSecrets(file) }, { APNS_KEY: demoApnsKey.key });
    assert.equal(parseEnv(await readFile(file, "utf8"))["APNS_KEY"], demoApnsKey.key);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });

  it("are written once, beside secrets that were there", async () => {
    await writeFile(file, "PBX_KEYS='[]'");
    saveDemoSecret(file);
    const text = await readFile(file, "utf8");
    saveDemoSecret(file);
    assert.equal(await readFile(file, "utf8"), text);
    assert.deepEqual({ ...parseEnv(text) }, { PBX_KEYS: "[]", APNS_KEY: demoApnsKey.key });
  });

  it("do not replace the developer's own key, nor show it", async () => {
    await writeFile(file, "APNS_KEY=mine");
    assert.throws(
      () => saveDemoSecret(file),
      ({ message }: Error) => /has another APNS_KEY.* move the file away/.test(message) && !message.includes("mine"),
    );
    assert.equal(await readFile(file, "utf8"), "APNS_KEY=mine");
  });
});
