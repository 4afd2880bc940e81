import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { describe, it } from "node:test";
import { offset, offsetSetting, ports, requireFreePorts } from "../../local/stack/ports.ts";

const main = fileURLToPath(new URL("../../local/stack/main.ts", import.meta.url));

/** Starts the stack in a session of its own, as a terminal does. */
function start(portOffset: number | string = offset) {
  const env = { ...process.env, [offsetSetting]: String(portOffset) };
  return spawn(process.execPath, [main], { stdio: ["ignore", "pipe", "pipe"], detached: true, env });
}

/** The output of a stack until it is up. */
async function untilUp({ stdout }: ReturnType<typeof start>): Promise<string> {
  let printed = "";
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    printed += String(chunk);
    if (printed.includes("Send it a plain push")) return printed;
  }
  throw new Error(`The stack ended early:\n${printed}`);
}

/** Polls until every port is free; the test's timeout bounds the wait. */
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
  it("prints a call to try, names ports that are in use, and ends with Ctrl-C", { timeout: 240_000 }, async (t) => {
    const stack = start();
    t.after(() => stack.kill("SIGKILL"));
    const exited = once(stack, "exit");
    const printed = await untilUp(stack);
    assert.match(printed, /0 ms {2}PBX → pbx-push +POST \/calls/);
    assert.match(printed, /ms {2}FCM → phone +incoming_call\n/);
    assert.match(printed, /ms {2}phone +rings: 홍길동\n/);
    assert.match(printed, /ms {2}phone +stops ringing: cancelled\n/);
    assert.match(printed, /"callerName": "홍길동"/);
    assert.ok(printed.includes(`Virtual phone  http://127.0.0.1:${ports.phonePage}/`), printed);
    assert.ok(printed.includes(`Console        http://127.0.0.1:${ports.console}/`), printed);
    assert.ok(printed.includes(`curl -X POST http://127.0.0.1:${ports.functions}/`), printed);

    const second = start();
    const [complaint, [code]] = await Promise.all([text(second.stderr), once(second, "exit")]);
    assert.equal(code, 1);
    assert.match(complaint, /ports are in use:\n {2}\d+ {2}functions\n[^]*stop it with Ctrl-C/);

    stack.kill("SIGINT");
    assert.deepEqual(await exited, [0, null]);
    await requireFreePorts();
  });

  it("runs beside another on ports that one setting moves", { timeout: 240_000 }, async (t) => {
    const stack = start();
    t.after(() => stack.kill("SIGINT"));
    await untilUp(stack);
    // Both build the same folders, so the second starts when the first is up.
    const moved = start(offset + 1000);
    t.after(() => moved.kill("SIGINT"));
    const printed = await untilUp(moved);
    assert.ok(printed.includes(`Virtual phone  http://127.0.0.1:${ports.phonePage + 1000}/`), printed);
    assert.ok(printed.includes(`export ${offsetSetting}=${offset + 1000}`), printed);
    for (const [name, port] of Object.entries(ports)) {
      assert.ok(!new RegExp(`:${port}\\b`).test(printed), `${name} is named by the port of the other`);
    }
    moved.kill("SIGINT");
    stack.kill("SIGINT");
    assert.deepEqual(await Promise.all([once(moved, "exit"), once(stack, "exit")]), [
      [0, null],
      [0, null],
    ]);
  });

  it("says what is wrong with the setting of its ports", async () => {
    const stack = start("many");
    const [complaint, [code]] = await Promise.all([text(stack.stderr), once(stack, "exit")]);
    assert.equal(code, 1);
    assert.match(complaint, /^\nPBX_PUSH_PORT_OFFSET must be a whole number from 0 to 56343, not "many"\n$/);
  });

  it("leaves no process when its terminal is closed", { timeout: 240_000 }, async () => {
    const stack = start();
    await untilUp(stack);
    // The hangup reaches every process of the session.
    process.kill(-stack.pid!, "SIGHUP");
    await untilPortsFree();
  });

  it("leaves no process when it is killed", { timeout: 240_000 }, async () => {
    const stack = start();
    await untilUp(stack);
    stack.kill("SIGKILL");
    await untilPortsFree();
  });
});
