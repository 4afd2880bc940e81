import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { promisify } from "node:util";

// In a process of its own: node:test itself makes Node track promises.
const serveOnce = `
import { executionAsyncId } from "node:async_hooks";
import { once } from "node:events";
import { http } from "@google-cloud/functions-framework";
import { getTestServer } from "@google-cloud/functions-framework/testing";
const functions = await import("${new URL("../../functions/src/index.ts", import.meta.url).href}");
http("pbx", functions.pbx);
const server = getTestServer("pbx");
await once(server.listen(0, "127.0.0.1"), "listening");
const { status } = await fetch("http://127.0.0.1:" + server.address().port + "/health");
await undefined;
// Node gives ids only to tracked promises.
console.log(status, executionAsyncId());`;

/** Runs code in a process that has served a request. */
async function runAfterRequest(code: string) {
  const env = { PATH: process.env["PATH"], GCLOUD_PROJECT: "demo-domains", METADATA_SERVER_DETECTION: "none" };
  return promisify(execFile)(process.execPath, ["--input-type=module", "--eval", serveOnce + code], { env });
}

describe("an instance that has served a request", () => {
  it("runs without Node's promise tracking", async () => {
    const { stdout } = await runAfterRequest("process.exit();");
    assert.equal(stdout.trim().split("\n").at(-1), "200 0");
  });

  it("exits with the reason of an unhandled rejection", async () => {
    const crashed = runAfterRequest('void Promise.reject(new Error("the reason"));');
    await assert.rejects(crashed, /Error: the reason/);
  });
});
