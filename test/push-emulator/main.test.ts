import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../packages/push-emulator/src/main.ts", import.meta.url));

function run(...args: string[]): ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } {
  return spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
}

describe("running the emulator alone", { concurrency: true }, () => {
  it("prints where it is and a curl line that works, and stops on Ctrl-C", async () => {
    const child = run("--port", "0");
    let printed = "";
    while (!printed.includes("Ctrl-C")) printed += String((await once(child.stdout, "data"))[0]);
    const [, url = "", body = ""] = /curl -X POST (\S+) -d '(.+)'/.exec(printed) ?? [];
    const answer = await fetch(url, { method: "POST", body });
    assert.equal(answer.status, 201);
    assert.ok(printed.includes(`FCM_EMULATOR_HOST=${new URL(url).host}`));
    child.kill("SIGINT");
    assert.deepEqual(await once(child, "exit"), [0, null]);
  });

  it("says what to do when the port is in use, or the flags are wrong", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const { port } = blocker.address() as AddressInfo;
    const mistakes: readonly [args: string[], says: RegExp][] = [
      [["--port", String(port)], new RegExp(`in use.*${port}.*--port`)],
      [["--prot", "1"], /--prot[\s\S]*Usage:/],
    ];
    const check = async ([args, says]: (typeof mistakes)[number]): Promise<void> => {
      const child = run(...args);
      const [[code], complaint] = await Promise.all([once(child, "exit"), text(child.stderr)]);
      assert.equal(code, 1);
      assert.match(complaint, says);
    };
    await Promise.all(mistakes.map(check));
    blocker.close();
  });
});
