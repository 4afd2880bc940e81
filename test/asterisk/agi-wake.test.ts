import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, describe, it } from "node:test";
import { addLine, exten } from "../support/line.ts";
import { until } from "../support/until.ts";
import { skip, startAgiCalls } from "./agi-calls.ts";
import { startBase } from "./base-url-server.ts";
import { hostileCallers } from "./callers.ts";

const calls = await startAgiCalls();
after(() => calls.close());
beforeEach(() => calls.begin());

describe("the AGI script in mode wake", { skip }, () => {
  it("lets the call go on before the push is sent", async () => {
    const [token] = await addLine(calls.functions, 1);
    calls.functions.fcm.addFault({ match: { token: token! }, status: 200, delay_ms: 1500 });
    const waking = calls.run({ mode: "wake" });
    assert.equal(await waking.left, 0);
    assert.equal(calls.functions.fcm.messages(token).length, 0);
    assert.equal((await calls.pushTo(token))["callerName"], "홍길동");
  });

  const file = join(tmpdir(), "pbx-push-was-here");
  for (const { title, name, shown: expected } of hostileCallers(file)) {
    it(`sends the caller: ${title}`, async () => {
      const [token] = await addLine(calls.functions, 1);
      await calls.run({ mode: "wake", name, number: '+82-10(1234)5;$(id):5"' }).left;
      const { callerId, callerName } = await calls.pushTo(token);
      assert.deepEqual([callerId, callerName], ["+821012345", expected]);
      assert.equal(existsSync(file), false, "a command was run");
    });
  }

  it("sends no caller when the number is withheld", async () => {
    const [token] = await addLine(calls.functions, 1);
    await calls.run({ mode: "wake", presentation: "35" }).left;
    const { callerId, callerName } = await calls.pushTo(token);
    assert.deepEqual([callerId, callerName], ["", ""]);
  });

  it("wakes no phone for a dialled value that is no number, whose digits may be another user's number", async () => {
    const [token] = await addLine(calls.functions, 1);
    for (const hostile of [`${exten}';touch x)$(id)`, `${exten}@ctx2`, `sip:${exten}`, `${exten},1`]) {
      await calls.run({ mode: "wake", exten: hostile }).left;
    }
    await calls.run({ mode: "wake" }).left;
    assert.equal((await calls.pushTo(token))["exten"], exten);
    assert.equal(calls.wakings(), 1);
  });

  it("wakes the numbers that the dialplan names, for the ring time that it gives", async () => {
    const [other] = await addLine(calls.functions, 1);
    await calls.run({ mode: "wake", exten: "s", variables: { PBXPUSH_EXTEN: `0702&${exten}`, PBXPUSH_RING: "45" } })
      .left;
    const { timestamp, expiresAt } = await calls.pushTo(other);
    assert.equal(Math.round((Date.parse(expiresAt!) - Date.parse(timestamp!)) / 1000), 45);
    await until(() => calls.wakings() === 2);
  });

  it("retries until the service gives a valid answer, and not after it", async () => {
    const answers = ["ERROR try_again\n", "<html>", "NOTIFIED 1\n", "NOTIFIED 1\n"];
    const asked: string[] = [];
    const base = await startBase((response, request) => {
      asked.push(`${request.method} ${request.url}`);
      response.end(answers[asked.length - 1]);
    });
    await calls.useBases(base.url);
    const waking = calls.run({ mode: "wake" });
    await waking.left;
    await until(() => asked.length >= 3);
    await calls.run({ mode: "end", variables: waking.variables }).left;
    await until(() => asked.length >= 4);
    const announced = "POST /calls?format=text";
    assert.deepEqual(asked, [announced, announced, announced, `POST /calls/${calls.linkedId}/end?format=text`]);
    await base.close();
  });
});
