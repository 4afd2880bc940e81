import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { pbxKeyPath, savePbxKey } from "../../../harness/pbx-keys.ts";
import { routes } from "../../../functions/src/pbx/all-routes.ts";
import { createLog, type LogEntry } from "../../../functions/src/log.ts";
import { demoKey, requestPbx, startFunctions } from "../../support/functions.ts";
import { changeDatabase } from "../../support/failing-services.ts";
import { addLine, call, exten } from "../../support/line.ts";
import { until } from "../../support/until.ts";

const functions = await startFunctions();
after(() => functions.close());

const { services } = functions;
const digestOf = (key: string) => pbxKeyPath(key).slice("pbxKeys/".length);

describe("a client without a key", () => {
  before(async () => {
    await addLine(functions, 1);
    const reserved_at = new Date(Date.now() + 3_600_000).toISOString();
    assert.equal((await functions.pbx("POST", "/calls", call)).body.accepted, 1);
    const push = { id: "p-1", target: { exten }, title: "a", reserved_at };
    assert.equal((await functions.pbx("POST", "/pushes", push)).status, 202);
  });

  const existing = { call_id: call.call_id, exten, id: "p-1", sha256: digestOf(demoKey) };
  const unknown = { call_id: "none", exten: "0709", id: "none", sha256: digestOf("none") };

  it("gets one answer from every route, whether or not there is what it names", async () => {
    const answers = new Set<string>();
    for (const { method, path } of routes) {
      for (const names of [existing, unknown]) {
        const target = Object.entries(names).reduce((url, [name, value]) => url.replace(`{${name}}`, value), path);
        const body = method === "post" || method === "put" ? JSON.stringify(names) : undefined;
        const init = { headers: { "content-type": "application/json" } };
        const { status, text } = await functions.pbx(method.toUpperCase(), target, body, init);
        answers.add(`${status} ${text}`);
      }
    }
    const [answer = "", ...others] = answers;
    assert.match(answer, /^401 /);
    assert.deepEqual(others, []);
  });
});

describe("a key that cannot be read", () => {
  it("gets 503, and no access", async () => {
    const get = async () => Promise.reject(Object.assign(new Error("14 UNAVAILABLE"), { code: 14 }));
    const collection = (name: string) => (name === "pbxKeys" ? { doc: () => ({ get }) } : services.db.collection(name));
    const url = await functions.servePbx(changeDatabase(services, { collection }));
    const { status, body } = await requestPbx(url, "GET", `/calls/${call.call_id}`);
    assert.deepEqual([status, body.error.code], [503, "try_again"]);
  });
});

describe("a flood of unknown keys", () => {
  it("keeps no valid key out, and is one line of the log a second", async () => {
    const fresh = Array.from({ length: 30 }, (_, n) => `fresh-${n}`);
    await Promise.all(fresh.map(async (key) => savePbxKey(services.db, key)));
    const entries: LogEntry[] = [];
    const log = createLog({ showCallerData: false, sink: (entry) => entries.push(entry) });
    const now = services.clock.now();
    const url = await functions.servePbx({ ...services, log, clock: { ...services.clock, now: () => now } });
    const ask = async (key: string) => {
      const headers = { authorization: `Bearer ${key}` };
      return (await requestPbx(url, "GET", "/calls/none", undefined, { headers })).status;
    };
    const guess = async (round: number) =>
      Promise.all(Array.from({ length: 50 }, async (_, n) => ask(`guess-${round}-${n}`)));
    const statuses = new Set<number>();
    for (let round = 0; round < 8; round++) for (const status of await guess(round)) statuses.add(status);
    // The instance's time stands still: no further look-up is in the budget.
    for (const key of fresh) await until(async () => (await ask(key)) === 404);
    assert.ok(
      [...statuses].every((status) => status === 401 || status === 503),
      [...statuses].join(" "),
    );
    assert.deepEqual(
      entries.map(({ message, severity }) => [message, severity]),
      [["unknown_keys_flood", "WARNING"]],
    );
  });
});

describe("GET /keys/{sha256}", () => {
  it("tells whether the service accepts a key, and of which PBX it is, and nothing else of it", async () => {
    await savePbxKey(services.db, "other", { pbxId: "pbx-2", extens: ["0701"], note: "the office" });
    await savePbxKey(services.db, "old", { revokedAt: new Date(Date.now() - 1000) } as object);
    const ask = async (key: string) => (await functions.pbx("GET", `/keys/${digestOf(key)}`)).body;
    assert.deepEqual(await ask("other"), { accepted: true, pbx_id: "pbx-2" });
    assert.deepEqual(await ask("old"), { accepted: false });
    assert.deepEqual(await ask("none"), { accepted: false });
  });
});
