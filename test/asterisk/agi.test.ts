import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, describe, it } from "node:test";
import { createCertificate } from "../../local/certificate.ts";
import { alice, demoKey, startFunctions } from "../support/functions.ts";
import { addLine, exten, pushesTo, startAfresh } from "../support/line.ts";
import { until } from "../support/until.ts";
import { createAgiSettings, findPython, type AgiChannel, type AgiRun } from "./agi.ts";
import { startBase } from "./base.ts";
import { hostileCallers } from "./callers.ts";

const python = findPython();
/** A CI without Python must not pass for one with it. */
const skip =
  python === undefined && process.env["CI"] === undefined && "the AGI script needs python3, which is not here";

describe(`the AGI script on ${python ?? "Python"}`, { skip }, async () => {
  const functions = await startFunctions();
  const url = await functions.servePbx(functions.services);
  const settings = await createAgiSettings();
  const [silent, dripping, page, dead] = await Promise.all([
    startBase(() => undefined),
    startBase((response) => {
      const timer = setInterval(() => response.write(" "), 100);
      response.on("close", () => clearInterval(timer));
    }),
    startBase((response) => response.writeHead(500).end("<html>Oops: READY</html>")),
    startBase(() => undefined),
  ]);
  await dead.close();
  const runs: AgiRun[] = [];
  /** Every test has a call of its own, which the one before may still be settling. */
  let linkedId = "";
  let calls = 0;
  after(async () => {
    await Promise.all([silent.close(), dripping.close(), page.close(), settings.remove(), functions.close()]);
  });
  beforeEach(async () => {
    await startAfresh(functions);
    await bases(url);
    linkedId = `1763712000.${(calls += 1)}`;
  });

  function bases(...urls: string[]): Promise<void> {
    const lines = urls.map((base, index) => `url_${index + 1} = ${base} ; a base URL`);
    return settings.write([`key = ${demoKey}`, "budget_seconds = 5", ...lines]);
  }

  function run(channel: Partial<AgiChannel> & Pick<AgiChannel, "mode">): AgiRun {
    const started = settings.run({ linkedId, exten, name: "홍길동", number: "01012345678", ...channel });
    runs.push(started);
    return started;
  }

  /** Waits for the n-th push to a phone, and until the service has settled the waking; answers the push's data. */
  async function pushTo(token: string | undefined, n = 1): Promise<Record<string, string>> {
    await until(() => functions.fcm.messages(token).length >= n);
    await until(() => wakings() > 0);
    return pushesTo(functions, token!)[n - 1].data;
  }

  /** How many numbers of this test's call the service has woken, or found nobody to wake for. */
  const wakings = () =>
    functions.logged.filter((line) => line.includes("call_woken") && line.includes(`"pbx-1~${linkedId}"`)).length;

  async function report(event: string): Promise<void> {
    const callId = `pbx-1~${linkedId}`;
    const { status, text } = await functions.call("reportCall", alice, { callId, deviceId: "phone-1", event });
    assert.equal(status, 200, text);
  }

  const shown = async () => (await functions.pbx("GET", `/calls/${linkedId}`)).body;

  /** How a wait went, and how many seconds it took. */
  async function waited(seconds = "20", channel: Partial<AgiChannel> = {}) {
    const startedAt = performance.now();
    const waiting = run({ mode: "wait", ...channel, variables: { PBXPUSH_WAIT: seconds, ...channel.variables } });
    assert.equal(await waiting.left, 0, waiting.said.join("\n"));
    const { PBXPUSH_RESULT: result, PBXPUSH_DETAIL: detail } = waiting.variables;
    return { result, detail, took: (performance.now() - startedAt) / 1000 };
  }

  describe("wake", () => {
    it("lets the call go on before the push is out", async () => {
      const [token] = await addLine(functions, 1);
      functions.fcm.addFault({ match: { token: token! }, status: 200, delay_ms: 1500 });
      const waking = run({ mode: "wake" });
      assert.equal(await waking.left, 0);
      assert.equal(functions.fcm.messages(token).length, 0);
      assert.equal((await pushTo(token))["callerName"], "홍길동");
    });

    const file = join(tmpdir(), "pbx-push-was-here");
    for (const { title, name, shown: expected } of hostileCallers(file)) {
      it(`passes on the caller: ${title}`, async () => {
        const [token] = await addLine(functions, 1);
        await run({ mode: "wake", name, number: '+82-10"(1234);$(id):5' }).left;
        const { callerId, callerName } = await pushTo(token);
        assert.deepEqual([callerId, callerName], ["+821012345", expected]);
        assert.equal(existsSync(file), false, "a command was run");
      });
    }

    it("passes on no caller who withholds the number", async () => {
      const [token] = await addLine(functions, 1);
      await run({ mode: "wake", presentation: "35" }).left;
      const { callerId, callerName } = await pushTo(token);
      assert.deepEqual([callerId, callerName], ["", ""]);
    });

    it("wakes a hostile number's digits", async () => {
      const [token] = await addLine(functions, 1);
      await run({ mode: "wake", exten: `${exten}';touch x)$(id)` }).left;
      assert.equal((await pushTo(token))["exten"], exten);
    });

    it("wakes the numbers that the dialplan names, for as long as it says", async () => {
      const [other] = await addLine(functions, 1);
      await run({ mode: "wake", exten: "s", variables: { PBXPUSH_EXTEN: `0702&${exten}`, PBXPUSH_RING: "45" } }).left;
      const { timestamp, expiresAt } = await pushTo(other);
      assert.equal(Math.round((Date.parse(expiresAt!) - Date.parse(timestamp!)) / 1000), 45);
      await until(() => wakings() === 2);
    });

    it("tries again while the service has no answer, and no longer", async () => {
      const answers = ["ERROR try_again\n", "<html>", "NOTIFIED 1\n", "NOTIFIED 1\n"];
      const asked: string[] = [];
      const base = await startBase((response, request) => {
        asked.push(`${request.method} ${request.url}`);
        response.end(answers[asked.length - 1]);
      });
      await bases(base.url);
      await run({ mode: "wake" }).left;
      await until(() => asked.length >= 3);
      await run({ mode: "end", variables: { PBXPUSH_WOKEN: exten, PBXPUSH_CALL: linkedId } }).left;
      await until(() => asked.length >= 4);
      const announced = "POST /calls?format=text";
      assert.deepEqual(asked, [announced, announced, announced, `POST /calls/${linkedId}/end?format=text`]);
      await base.close();
    });
  });

  describe("wait", () => {
    for (const [event, result] of [
      ["ready", "READY"],
      ["declined", "DECLINED"],
      ["answered", "ANSWERED"],
    ] as const) {
      it(`is over at once when the phone is ${event}`, async () => {
        const [token] = await addLine(functions, 1);
        const waiting = waited();
        await pushTo(token);
        await report(event);
        const { result: told, detail, took } = await waiting;
        assert.deepEqual([told, detail], [result, result]);
        assert.ok(took < 10, `${took} s`);
      });
    }

    it("is a NAK at once when there is no phone", async () => {
      const { result, detail, took } = await waited();
      assert.deepEqual([result, detail], ["NAK", "NAK no_devices"]);
      assert.ok(took < 10, `${took} s`);
    });

    it("is for a ring group as a whole", async () => {
      const [token] = await addLine(functions, 1);
      const waiting = waited("20", { variables: { PBXPUSH_EXTEN: `0702&${exten}&0703` } });
      await pushTo(token);
      await report("ready");
      assert.equal((await waiting).result, "READY");
    });

    it("ends with TIMEOUT inside its budget", async () => {
      await addLine(functions, 1);
      const { result, took } = await waited("2");
      assert.equal(result, "TIMEOUT");
      assert.ok(took < 3, `${took} s`);
    });

    it("is left at once by a caller who hangs up, and the end silences the phones", async () => {
      const [token] = await addLine(functions, 1);
      const waiting = run({ mode: "wait", variables: { PBXPUSH_WAIT: "25" } });
      await pushTo(token);
      await until(() => functions.listeners() > 0);
      const hungUpAt = performance.now();
      waiting.hangUp();
      assert.equal(await waiting.left, 0, waiting.said.join("\n"));
      assert.ok(performance.now() - hungUpAt < 2000);
      assert.equal(waiting.variables["PBXPUSH_RESULT"], undefined);
      await until(() => functions.listeners() === 0);
      await run({ mode: "end", variables: { ...waiting.variables } }).left;
      assert.equal((await pushTo(token, 2))["reason"], "cancelled");
    });

    for (const [title, first, limit] of [
      ["refuses", dead.url, 3],
      ["answers with a page", page.url, 3],
      ["does not answer", silent.url, 4],
      ["never finishes its answer", dripping.url, 4],
    ] as const) {
      it(`goes past a base URL that ${title}`, async () => {
        const [token] = await addLine(functions, 1);
        await bases(first, url);
        const waiting = waited("4");
        await pushTo(token);
        await report("ready");
        const { result, took } = await waiting;
        assert.equal(result, "READY");
        assert.ok(took < limit, `${took} s`);
      });
    }

    it("is an ERROR inside its budget when no base URL answers", async () => {
      await bases(silent.url, dripping.url);
      const { result, detail, took } = await waited("1");
      assert.deepEqual([result, detail], ["ERROR", "ERROR no_answer"]);
      assert.ok(took < 2, `${took} s`);
    });

    it("says what the service refuses", async () => {
      await settings.write(["key = another-key", `url_1 = ${url}`]);
      assert.equal((await waited()).detail, "ERROR unauthenticated");
    });
  });

  describe("end", () => {
    const woken = () => ({ PBXPUSH_WOKEN: exten, PBXPUSH_CALL: linkedId });
    const ends: readonly [title: string, variables: Record<string, string>, reason: string][] = [
      ["a caller who gave up", { DIALSTATUS: "CANCEL", HANGUPCAUSE: "0" }, "cancelled"],
      ["a leg that lost to another", { DIALSTATUS: "CANCEL", HANGUPCAUSE: "26" }, "answered_elsewhere"],
      ["an answer", { DIALSTATUS: "ANSWER" }, "answered"],
      ["a Dial() that ran out of time", { DIALSTATUS: "NOANSWER" }, "missed"],
      ["a caller who gave up before Dial()", {}, "cancelled"],
      ["a caller who left a queue", { ABANDONED: "TRUE", ANSWEREDTIME: "0" }, "cancelled"],
      ["a queue that ran out of time", { ABANDONED: "TRUE", QUEUESTATUS: "TIMEOUT", ANSWEREDTIME: "0" }, "missed"],
      ["a queue that answered", { ANSWEREDTIME: "12" }, "answered"],
    ];
    for (const [title, variables, reason] of ends) {
      it(`tells of ${title}`, async () => {
        const [token] = await addLine(functions, 1);
        await run({ mode: "wake" }).left;
        await pushTo(token);
        await run({ mode: "end", variables: { ...woken(), ...variables } }).left;
        assert.equal((await pushTo(token, 2))["reason"], reason);
      });
    }

    it("ends only the number of a ring group's leg", async () => {
      const [token] = await addLine(functions, 1);
      const group = { PBXPUSH_EXTEN: `0702&${exten}` };
      await run({ mode: "wake", variables: group }).left;
      await pushTo(token);
      await until(() => wakings() === 2);
      const leg = { ...woken(), PBXPUSH_LEG: "1", DIALSTATUS: "BUSY" };
      await run({ mode: "end", uniqueId: "1763712000.999", variables: leg }).left;
      assert.equal((await pushTo(token, 2))["reason"], "busy");
      assert.equal((await shown()).reason, undefined);
    });

    it("says nothing when nobody was woken", async () => {
      let asked = 0;
      const base = await startBase((response) => {
        asked += 1;
        response.end("ENDED 0\n");
      });
      await bases(base.url);
      await run({ mode: "end" }).left;
      await run({ mode: "end", variables: woken() }).left;
      await until(() => asked > 0);
      assert.equal(asked, 1);
      await base.close();
    });
  });

  it("stops the phones when somebody has answered, but not when a phone says that it has", async () => {
    const [token] = await addLine(functions, 1);
    await run({ mode: "wake" }).left;
    await pushTo(token);
    const asked: string[] = [];
    const base = await startBase((response, request) => {
      asked.push(`${request.method} ${request.url}`);
      response.end("ANSWERED\n");
    });
    await bases(base.url);
    await run({ mode: "answered", linkedId: "1763712000.phone" }).left;
    await bases(url);
    await run({ mode: "answered" }).left;
    assert.equal((await pushTo(token, 2))["reason"], "answered_elsewhere");
    assert.deepEqual(asked, ["GET /calls/1763712000.phone?format=text"]);
    await base.close();
  });

  describe("the key", () => {
    for (const [title, mode] of [
      ["its group", 0o640],
      ["everybody", 0o604],
    ] as const) {
      it(`is refused when ${title} can read it`, async () => {
        const [token] = await addLine(functions, 1);
        await settings.write([`key = ${demoKey}`, `url_1 = ${url}`], mode);
        const { result, detail } = await waited();
        assert.deepEqual([result, detail], ["ERROR", "ERROR key_file"]);
        assert.match(runs.at(-1)!.said.join("\n"), /VERBOSE "pbx-push: .*chmod 600/);
        assert.equal(functions.fcm.messages(token).length, 0);
      });
    }

    it("goes over no plain HTTP to another machine", async () => {
      await bases("http://192.0.2.1/pbx");
      assert.equal((await waited()).detail, "ERROR settings");
      await bases("http://127.0.0.1@192.0.2.1/pbx");
      assert.equal((await waited()).detail, "ERROR settings");
    });

    it("goes to no server whose certificate nobody vouches for", async () => {
      const certificate = await createCertificate();
      const asked: (string | undefined)[] = [];
      const secure = await startBase((response, request) => {
        asked.push(request.headers.authorization);
        response.end("READY\n");
      }, certificate);
      await bases(secure.url);
      assert.equal((await waited("2")).result, "ERROR");
      assert.deepEqual(asked, []);
      const authority = join(tmpdir(), `pbx-push-${process.pid}.pem`);
      await writeFile(authority, certificate.cert);
      assert.equal((await waited("5", { environment: { SSL_CERT_FILE: authority } })).result, "READY");
      assert.deepEqual(new Set(asked), new Set([`Bearer ${demoKey}`]));
      await secure.close();
    });

    it("follows no redirect", async () => {
      let asked = 0;
      const elsewhere = await startBase((response) => {
        asked += 1;
        response.end("READY\n");
      });
      const moved = await startBase((response) => response.writeHead(307, { location: elsewhere.url }).end());
      await bases(moved.url);
      assert.equal((await waited("2")).result, "ERROR");
      assert.equal(asked, 0);
      await Promise.all([elsewhere.close(), moved.close()]);
    });

    it("was never said", () => {
      const said = runs.flatMap((one) => one.said).join("\n");
      assert.match(said, /SET VARIABLE PBXPUSH_RESULT/);
      assert.doesNotMatch(said, new RegExp(demoKey));
      assert.doesNotMatch(said, /Traceback/);
    });
  });

  it("refuses a mode it does not know, and the call goes on", async () => {
    const odd = run({ mode: "wkae" });
    assert.equal(await odd.left, 0);
    assert.equal(odd.variables["PBXPUSH_DETAIL"], "ERROR mode");
  });
});
