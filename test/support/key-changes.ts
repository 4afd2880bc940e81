import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pbxKeyPath } from "../../harness/pbx-keys.ts";
import type { Services } from "../../functions/src/services.ts";
import { emptyFolder, ops } from "../admin/run-ops.ts";

/** A change of a key acts within this time. */
const promiseMs = 60_000;

/**
 * Stores a key and revokes it with the operators' commands, and asks all instances until each has followed; returns how
 * long that took, in words. The instances have refused the key just before it is stored, and read it just before it is
 * revoked: what they remember is as new as it can be.
 */
export async function measureKeyChanges(urls: readonly string[], services: Services, project: string): Promise<string> {
  const key = randomBytes(32).toString("hex");
  const file = join(emptyFolder(), "keys.json");
  await writeFile(file, JSON.stringify([{ id: "changing", sha256: pbxKeyPath(key).split("/")[1], scopes: ["lines"] }]));
  const run = async (...args: string[]) => {
    const { code, err } = await ops(["keys", ...args, "--project", project], services);
    assert.equal(code, 0, err);
  };
  await untilAll(urls, key, 401);
  await run("import", file);
  const addedMs = await untilAll(urls, key, 404);
  await run("revoke", "changing");
  const revokedMs = await untilAll(urls, key, 401);
  return `a key that was added worked after ${addedMs} ms, and was refused ${revokedMs} ms after it was revoked`;
}

/** Asks all instances until each answers with this status; returns the milliseconds. */
async function untilAll(urls: readonly string[], key: string, status: number): Promise<number> {
  const startedAt = performance.now();
  const late = new Set(urls);
  for (;;) {
    for (const url of late) if ((await ask(url, key)) === status) late.delete(url);
    const ms = Math.round(performance.now() - startedAt);
    if (late.size === 0) return ms;
    assert.ok(ms < promiseMs, `no answer ${status} within a minute: ${[...late].join()}`);
    await delay(200);
  }
}

async function ask(url: string, key: string): Promise<number> {
  const response = await fetch(`${url}/lines/0999`, { headers: { authorization: `Bearer ${key}` } });
  await response.body?.cancel();
  return response.status;
}
