import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";

import { startPushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import type { PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import { parseCondition } from "../../packages/push-emulator/src/fcm/condition.ts";
import { buildSend, openHttp1 } from "./connection.ts";
import type { Connection, Reply } from "./connection.ts";
import { createManualClock } from "./manual-clock.ts";
import type { ManualClock } from "./manual-clock.ts";

const KEY = { authorization: "Bearer owner" };
const IID_KEY = { ...KEY, access_token_auth: "true" };
const UNKNOWN_FID = "dyefXrmQZFjTpU66NPAkD_";

let emulator: PushEmulator;
let connection: Connection;
let clock: ManualClock;

beforeEach(async () => {
  clock = createManualClock();
  emulator = await startPushEmulator({ port: 0, clock, projectId: "demo", maxMessages: 4 });
  connection = openHttp1(emulator.url);
});
afterEach(async () => {
  connection.close();
  await emulator.close();
});

const send = async (target: object, rest: object = {}): Promise<void> => {
  const reply = await connection.ask(buildSend({ message: { ...target, ...rest } }));
  assert.equal(reply.status, 200, reply.text);
};

/** The data of an install's messages, oldest first. */
const got = (token: string): unknown[] =>
  emulator.messages(token).map(({ message }) => (message as { data?: object }).data);

describe("a condition", () => {
  const cases: readonly [condition: string, meant: readonly string[][], others: readonly string[][]][] = [
    ["'a' in topics", [["a"], ["b", "a"]], [[], ["b"]]],
    ["'a' in topics && 'b' in topics", [["a", "b"]], [["a"], ["b"], []]],
    ["'a' in topics || 'b' in topics", [["a"], ["b"], ["a", "b"]], [[], ["c"]]],
    ["!('a' in topics)", [[], ["b"]], [["a"], ["a", "b"]]],
    ["!!'a' in topics", [["a"]], [[]]],
    ["'a' in topics && !('b' in topics || 'c' in topics)", [["a"], ["a", "d"]], [["a", "b"], ["a", "c"], []]],
    // Evaluated from left to right, and not && before ||.
    [
      "'a' in topics || 'b' in topics && 'c' in topics",
      [
        ["a", "c"],
        ["b", "c"],
      ],
      [["a"], ["b"]],
    ],
    ["'a' in topics || ('b' in topics && 'c' in topics)", [["a"], ["b", "c"]], [["b"]]],
    ["('a' in topics)&&('b'  in  topics)", [["a", "b"]], [["a"]]],
    ["'a-_.~%9' in topics", [["a-_.~%9"]], [[]]],
  ];
  for (const [condition, meant, others] of cases) {
    it(`${condition} matches the right subscribers`, () => {
      const parsed = parseCondition(condition);
      for (const topics of meant) assert.equal(parsed?.(new Set(topics)), true, topics.join());
      for (const topics of others) assert.equal(parsed?.(new Set(topics)), false, topics.join());
    });
  }

  it("has at most five topics, counted with repeats", () => {
    const join = (count: number): string => Array.from({ length: count }, () => "'a' in topics").join(" && ");
    assert.notEqual(parseCondition(join(5)), undefined);
    assert.equal(parseCondition(join(6)), undefined);
  });

  it("is refused when FCM could not parse it", () => {
    const broken = [
      "",
      " ",
      "a",
      "'a' in topic",
      "'a' in topicsx",
      "'a b' in topics",
      "'a' in topics &&",
      "&& 'a' in topics",
    ];
    const worse = [
      "('a' in topics",
      "'a' in topics)",
      "()",
      "!",
      "'a' in topics & 'b' in topics",
      "'a' in topics 'b' in topics",
    ];
    for (const condition of [
      ...broken,
      ...worse,
      `${"(".repeat(5000)}'a' in topics${")".repeat(5000)}`,
      "!".repeat(100_000),
    ]) {
      assert.equal(parseCondition(condition), undefined, condition.slice(0, 50));
    }
  });
});

describe("a push to a topic", () => {
  it("reaches the subscribers, and none that has unsubscribed", async () => {
    const [one, other, left] = [
      emulator.createRegistration(),
      emulator.createRegistration(),
      emulator.createRegistration(),
    ];
    for (const { token } of [one, left]) emulator.subscribe(token, "news");
    emulator.subscribe(other.fid, "sport");
    emulator.unsubscribe(left.token, "news");
    await send({ topic: "news" }, { data: { n: "1" } });
    assert.deepEqual(
      [one, other, left].map(({ token }) => got(token)),
      [[{ n: "1" }], [], []],
    );
    const [record, ...rest] = emulator.messages();
    assert.deepEqual([rest, record?.token, record?.recipients], [[], null, 1]);
    assert.deepEqual(emulator.messages(one.token)[0]?.id, record?.id);
  });

  it("by condition reaches the installs that match, also one without any topic", async () => {
    const [both, one, none] = [
      emulator.createRegistration(),
      emulator.createRegistration(),
      emulator.createRegistration(),
    ];
    emulator.subscribe(both.token, "a");
    emulator.subscribe(both.token, "b");
    emulator.subscribe(one.token, "a");
    await send({ condition: "'a' in topics && 'b' in topics" }, { data: { n: "1" } });
    await send({ condition: "!('b' in topics)" }, { data: { n: "2" } });
    assert.deepEqual(
      [both, one, none].map(({ token }) => got(token)),
      [[{ n: "1" }], [{ n: "2" }], [{ n: "2" }]],
    );
  });

  it("is stored for an offline install by the rules of its platform, and never reaches an uninstalled one", async () => {
    const [android, ios, gone] = [
      emulator.createRegistration(),
      emulator.createRegistration({ platform: "ios" }),
      emulator.createRegistration(),
    ];
    for (const { token } of [android, ios, gone]) {
      emulator.subscribe(token, "news");
      emulator.setState(token, "offline");
    }
    emulator.setState(gone.token, "uninstalled");
    await send({ topic: "news" }, { data: { n: "1" }, android: { ttl: "10s" } });
    clock.turn(11_000);
    const phones = await fetch(`${emulator.url}/emulator/v1/registrations/${ios.token}/stream`);
    emulator.setState(android.token, "online");
    emulator.setState(ios.token, "online");
    const deliveries = [android, ios, gone].map(({ token }) =>
      emulator.messages(token).map(({ delivery }) => delivery),
    );
    assert.deepEqual(deliveries, [["expired"], ["delivered"], []]);
    assert.equal(emulator.messages()[0]?.recipients, 2);
    await phones.body?.cancel();
  });

  it("is cleared with its send", async () => {
    const { token } = emulator.createRegistration();
    emulator.subscribe(token, "news");
    for (let n = 0; n < 6; n += 1) await send({ topic: "news" }, { data: { n: String(n) } });
    assert.deepEqual(got(token), [{ n: "2" }, { n: "3" }, { n: "4" }, { n: "5" }]);
    emulator.clearMessages();
    assert.deepEqual(got(token), []);
  });

  it("appears once on the common stream, and once on each install's own", async () => {
    const phones = [emulator.createRegistration(), emulator.createRegistration()];
    for (const { token } of phones) emulator.subscribe(token, "news");
    const listen = async (path: string): Promise<ReadableStreamDefaultReader<string>> => {
      const { body } = await fetch(`${emulator.url}/emulator/v1${path}`);
      const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
      await reader.read();
      return reader;
    };
    const all = await listen("/stream");
    const own = await Promise.all(phones.map(({ token }) => listen(`/registrations/${token}/stream`)));
    await send({ topic: "news" });
    emulator.createRegistration();
    let heard = "";
    while (!heard.includes("event: registration")) heard += (await all.read()).value ?? "";
    assert.equal(heard.match(/event: message/g)?.length, 1);
    for (const [index, reader] of own.entries()) {
      assert.match((await reader.read()).value ?? "", new RegExp(`event: message\ndata: .*${phones[index]?.token}`));
      await reader.cancel();
    }
    await all.cancel();
  });
});

describe("FCM's API for topics", () => {
  let token: string;
  let fid: string;

  beforeEach(() => {
    ({ token, fid } = emulator.createRegistration());
  });

  const ask = (method: string, rest: string, address = token, headers: Record<string, string> = KEY): Promise<Reply> =>
    connection.ask({
      method,
      path: `/v1/projects/demo/registrations/${encodeURIComponent(address)}/topicSubscriptions${rest}`,
      headers,
      ...(method === "POST" ? { body: {} } : {}),
    });
  const subscription = (topic: string, address = token): object => ({
    name: `projects/demo/registrations/${address}/topicSubscriptions/${topic}`,
    topic_name: topic,
    create_time: "2026-11-22T00:00:00.000Z",
  });

  it("subscribes by token and by fid, and shows and ends the subscription", async () => {
    const made = await ask("POST", "?topic_name=news");
    assert.deepEqual([made.status, made.json], [200, subscription("news")]);
    assert.deepEqual((await ask("POST", "?topicName=sport", fid)).json, subscription("sport", fid));
    assert.deepEqual(emulator.topics(token), ["news", "sport"]);
    assert.deepEqual((await ask("GET", "/sport")).json, subscription("sport"));
    assert.deepEqual((await ask("GET", "")).json, {
      topic_subscriptions: [subscription("news"), subscription("sport")],
    });
    const ended = await ask("DELETE", "/news");
    assert.deepEqual([ended.status, ended.json], [200, {}]);
    assert.deepEqual(emulator.topics(token), ["sport"]);
  });

  it("lists page by page", async () => {
    for (let n = 0; n < 5; n += 1) emulator.subscribe(token, `t${n}`);
    const names: string[] = [];
    let next = "";
    do {
      const page = (await ask("GET", `?page_size=2${next}`)).json;
      names.push(...page.topic_subscriptions.map(({ topic_name }: { topic_name: string }) => topic_name));
      next = page.next_page_token === undefined ? "" : `&page_token=${page.next_page_token}`;
    } while (next !== "");
    assert.deepEqual(names, ["t0", "t1", "t2", "t3", "t4"]);
    for (const query of ["?page_size=x", "?page_size=-1", "?page_token=6"])
      assert.equal((await ask("GET", query)).status, 400);
  });

  it("reports a subscription that exists already, and one that does not exist", async () => {
    emulator.subscribe(token, "news");
    const again = await ask("POST", "?topic_name=news");
    assert.deepEqual([again.status, again.json.error.status], [409, "ALREADY_EXISTS"]);
    for (const method of ["GET", "DELETE"]) {
      const missing = await ask(method, "/sport");
      assert.deepEqual([missing.status, missing.json.error.details], [404, undefined]);
    }
    assert.equal((await ask("DELETE", "/sport?allow_missing=true")).status, 200);
  });

  it("refuses requests like a send: without a key, for another project, for an invalid address", async () => {
    assert.equal((await ask("POST", "?topic_name=news", token, {})).status, 401);
    const path = `/v1/projects/other/registrations/${token}/topicSubscriptions?topic_name=news`;
    assert.equal((await connection.ask({ method: "POST", path, headers: KEY })).status, 404);
    const invalid = await ask("POST", "?topic_name=news", "never-issued");
    assert.deepEqual([invalid.status, invalid.json.error.details[0].errorCode], [400, "INVALID_ARGUMENT"]);
    emulator.setState(token, "uninstalled");
    for (const address of [token, UNKNOWN_FID]) {
      const gone = await ask("POST", "?topic_name=news", address);
      assert.deepEqual([gone.status, gone.json.error.details[0].errorCode], [404, "UNREGISTERED"]);
    }
  });

  it("refuses an invalid topic name, and an unknown method", async () => {
    for (const query of ["", "?topic_name=a%20b", `?topic_name=${"x".repeat(901)}`]) {
      assert.equal((await ask("POST", query)).status, 400);
    }
    assert.equal((await ask("PATCH", "/news")).status, 405);
    assert.equal((await ask("DELETE", "")).status, 400);
  });
});

describe("Instance ID's API for topics", () => {
  const batch = (action: string, body: unknown, headers: Record<string, string> = IID_KEY): Promise<Reply> =>
    connection.ask({ method: "POST", path: `/iid/v1:${action}`, headers, body });

  it("returns a result for each token", async () => {
    const [one, gone] = [emulator.createRegistration(), emulator.createRegistration()];
    emulator.setState(gone.token, "uninstalled");
    const registration_tokens = [one.token, "never-issued", gone.token, one.fid];
    const results = [{}, { error: "INVALID_ARGUMENT" }, { error: "NOT_FOUND" }, {}];
    const added = await batch("batchAdd", { to: "/topics/news", registration_tokens });
    assert.deepEqual([added.status, added.json], [200, { results }]);
    assert.deepEqual(emulator.topics(one.token), ["news"]);
    const removed = await batch("batchRemove", { to: "/topics/news", registration_tokens });
    assert.deepEqual([removed.status, removed.json], [200, { results }]);
    assert.deepEqual(emulator.topics(one.token), []);
  });

  it("accepts a thousand tokens, and refuses a body that is no batch", async () => {
    const { token } = emulator.createRegistration();
    const tokens = (length: number): string[] => Array.from({ length }, () => token);
    assert.equal((await batch("batchAdd", { to: "/topics/news", registration_tokens: tokens(1000) })).status, 200);
    for (const body of [
      { to: "/topics/news", registration_tokens: tokens(1001) },
      { to: "/topics/news", registration_tokens: [] },
      { to: "/topics/news", registration_tokens: [1] },
      { to: "news", registration_tokens: [token] },
      { to: "/topics/a b", registration_tokens: [token] },
      [],
      "{",
    ]) {
      assert.equal((await batch("batchAdd", body)).status, 400);
    }
    assert.equal((await batch("batchAdd", { to: "/topics/news", registration_tokens: [token] }, KEY)).status, 401);
    assert.equal((await batch("batchMove", {})).status, 404);
  });
});

describe("topics in the emulator's own API", () => {
  it("are added to an install, listed and removed", async () => {
    const { token } = emulator.createRegistration();
    const path = `/emulator/v1/registrations/${token}/topics`;
    assert.equal((await connection.ask({ method: "POST", path: `${path}/news` })).status, 201);
    assert.equal((await connection.ask({ method: "POST", path: `${path}/news` })).status, 200);
    assert.deepEqual((await connection.ask({ path })).json, { topics: ["news"] });
    assert.equal((await connection.ask({ method: "DELETE", path: `${path}/news` })).status, 200);
    assert.deepEqual((await connection.ask({ path })).json, { topics: [] });
    assert.equal((await connection.ask({ method: "POST", path: `${path}/a%20b` })).status, 400);
    assert.equal((await connection.ask({ path: "/emulator/v1/registrations/nobody/topics" })).status, 404);
    assert.throws(() => emulator.subscribe(token, "a b"), /topic/);
  });

  it("are removed with everything else by a reset", async () => {
    const { token } = emulator.createRegistration({ token: "t" });
    emulator.subscribe(token, "news");
    emulator.addFault({ match: { token: "other" }, drop: true });
    await send({ topic: "news" });
    assert.equal((await connection.ask({ method: "DELETE", path: "/emulator/v1" })).status, 200);
    assert.equal((await connection.ask({ path: `/emulator/v1/registrations/${token}` })).status, 404);
    assert.deepEqual([emulator.messages(), emulator.counters.sends], [[], 0]);
    assert.deepEqual((await connection.ask({ path: "/emulator/v1/faults" })).json, { faults: [] });
    emulator.createRegistration({ token: "t" });
    assert.deepEqual([emulator.topics("t"), emulator.messages("t")], [[], []]);
  });
});
