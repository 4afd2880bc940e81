import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

import { startPubsubServer } from "../../../local/pubsub/server.ts";
import { portOf } from "./cut-line.ts";

const launcher = fileURLToPath(import.meta.resolve("../../../local/pubsub/start"));

describe("the launcher", { timeout: 30_000, concurrency: true }, () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`serves on its configured port and stops cleanly on ${signal}`, async (t) => {
      const flags = signal === "SIGINT" ? ["--host=127.0.0.1", "--port=0"] : ["--host", "127.0.0.1", "--port", "0"];
      const child = spawn(launcher, flags, { env: { PATH: "/usr/bin:/bin" } });
      // A failed test must leave no process, since this one would wait for it.
      t.after(() => child.kill());
      const [line] = await once(child.stdout, "data");
      assert.match(String(line), /listening on 127\.0\.0\.1:\d+/);
      child.kill(signal);
      assert.deepEqual(await once(child, "exit"), [0, null]);
    });
  }

  it("names the port that is in use", async (t) => {
    const taken = createServer().listen(0, "127.0.0.1");
    t.after(() => taken.close());
    await once(taken, "listening");
    const port = portOf(taken);
    const child = spawn(launcher, [`--port=${port}`]);
    t.after(() => child.kill());
    const errors = readErrors(child);
    assert.deepEqual(await once(child, "close"), [1, null]);
    assert.match(errors(), new RegExp(`${port}`));
  });
});

describe("startPubsubServer", { timeout: 5000 }, () => {
  it("frees its port when closed", async () => {
    const first = await startPubsubServer();
    await assert.rejects(startPubsubServer({ port: first.port }), new RegExp(`${first.port}`));
    await first.close();
    const second = await startPubsubServer({ port: first.port });
    assert.equal(second.host, first.host);
    await second.close();
  });
});

function readErrors(child: ChildProcess): () => string {
  const chunks: string[] = [];
  child.stderr?.on("data", (chunk) => chunks.push(String(chunk)));
  return () => chunks.join("");
}
