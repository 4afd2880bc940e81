import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { describe, it } from "node:test";
import { requireFreePorts } from "../../local/stack/ports.ts";

const main = fileURLToPath(new URL("../../local/stack/main.ts", import.meta.url));

/** Starts it in a session of its own, as a terminal would. */
function start() {
  return spawn(process.execPath, [main], { stdio: ["ignore", "pipe", "pipe"], detached: true });
}

/** What a stack prints until it is up. */
async function untilUp({ stdout }: ReturnType<typeof start>): Promise<string> {
  let printed = "";
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    printed += String(chunk);
    if (printed.includes("Send it a plain push")) return printed;
  }
  throw new Error(`The stack ended early:\n${printed}`);
}

/** Asks until every port is free; the test's own time limit ends a wait in vain. */
async function untilPortsFree(): Promise<void> {
  for (;;) {
    try {
      return await requireFreePorts();
    } catch {
      await delay(100);
    }
  }
}

describe("npm start", () => {
  it("shows a call, names ports that are in use, and is gone after Ctrl-C", { timeout: 120_000 }, async (t) => {
    const stack = start();
    t.after(() => stack.kill("SIGKILL"));
    const exited = once(stack, "exit");
    const printed = await untilUp(stack);
    assert.match(printed, /0 ms {2}PBX → pbx-push +POST \/calls/);
    assert.match(printed, /ms {2}FCM → phone +incoming_call\n/);
    assert.match(printed, /ms {2}phone +rings: 홍길동\n/);
    assert.match(printed, /ms {2}phone +stops ringing: cancelled\n/);
    assert.match(printed, /"callerName": "홍길동"/);
    assert.match(printed, /Virtual phone {2}http:\/\/127\.0\.0\.1:5062\//);
    assert.match(printed, /curl -X POST http:\/\/127\.0\.0\.1:5001\//);

    const second = start();
    const [complaint, [code]] = await Promise.all([text(second.stderr), once(second, "exit")]);
    assert.equal(code, 1);
    assert.match(complaint, /ports are in use:\n {2}5001 {2}functions\n[^]*stop it with Ctrl-C/);

    stack.kill("SIGINT");
    assert.deepEqual(await exited, [0, null]);
    await requireFreePorts();
  });

  it("leaves nothing behind when its terminal is closed", { timeout: 120_000 }, async () => {
    const stack = start();
    await untilUp(stack);
    // The hangup reaches every process of the session.
    process.kill(-stack.pid!, "SIGHUP");
    await untilPortsFree();
  });

  it("leaves nothing behind when it is killed", { timeout: 120_000 }, async () => {
    const stack = start();
    await untilUp(stack);
    stack.kill("SIGKILL");
    await untilPortsFree();
  });
});
