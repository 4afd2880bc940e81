import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { functionsUrl, secondDemo } from "../../local/stack/demo.ts";
import { requestPbx } from "../support/functions.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** `examples/` on the running stack. */
export function describeExamples(): void {
  describe("the phone in a terminal", () => {
    it("is woken, rings, answers, and hears the end", { timeout: 120_000 }, async (t) => {
      await promisify(execFile)("npm", ["run", "--silent", "build", "--workspace", "pbx-push-client"], { cwd: root });
      const phone = spawn(process.execPath, ["examples/terminal-phone/phone.js"], {
        cwd: root,
        stdio: ["pipe", "pipe", "inherit"],
      });
      t.after(() => phone.kill());
      const printed = createInterface({ input: phone.stdout })[Symbol.asyncIterator]();
      const next = async () => (await printed.next()).value as string;
      assert.match(await next(), /^asleep; ring 07045144802 from http:/);
      const call = {
        call_id: "example.1",
        ring_id: "1",
        exten: secondDemo.exten,
        caller_id: "01012345678",
        caller_name: "홍길동",
      };
      const ring = await requestPbx(`${functionsUrl}/pbx`, "POST", "/calls", call);
      assert.equal(ring.body.status, "notified", ring.text);
      assert.equal(await next(), "홍길동 calls: a to answer, d to decline, h to hang up");
      phone.stdin.write("a\n");
      assert.equal(await next(), "answered 홍길동");
      phone.stdin.write("h\n");
      assert.equal(await next(), "over: hung_up");
    });
  });
}
