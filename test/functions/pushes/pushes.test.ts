import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import type { DocumentReference } from "firebase-admin/firestore";
import { alice, bob, demoKey, requestPbx, startFunctions } from "../../support/functions.ts";
import { addLine, addPhone, copyDevice, exten, pushesTo, resetState } from "../../support/line.ts";
import { install, readRecord } from "./setup.ts";

const functions = await startFunctions({}, undefined, {
  other: { pbxId: "pbx-2" },
  odd: { pbxId: "__a" },
  limited: { extens: [exten] },
  caller: { scopes: ["calls"] },
});
await functions.deliverMessages();
after(() => functions.close());
beforeEach(() => resetState(functions));

const notice = { title: "점검", body: "오늘 밤 10시" };

function as(key: string): RequestInit {
  return { headers: { authorization: `Bearer ${key}`, "content-type": "application/json" } };
}

async function request(method: string, path: string, body?: object, key = demoKey) {
  return functions.pbx(method, path, body && JSON.stringify(body), as(key));
}

async function shown(id: string) {
  return (await functions.pbx("GET", `/pushes/${id}`)).body;
}

/** Posts a push and waits until the workers have handled it. */
async function send(body: object) {
  const answer = await functions.pbx("POST", "/pushes", { ...notice, ...body });
  assert.equal(answer.status, 202, answer.text);
  await functions.settleMessages();
  return shown(answer.body.id);
}

describe("POST /pushes", () => {
  it("answers at once and sends in the background", async () => {
    const token = install(functions);
    const answer = await functions.pbx("POST", "/pushes", { id: "p-1", target: { token }, ...notice });
    assert.deepEqual([answer.status, answer.body], [202, { id: "p-1", state: "queued" }]);
    await functions.settleMessages();
    const { created_at, expires_at, ...push } = await shown("p-1");
    assert.deepEqual(push, { id: "p-1", state: "sent", result: { accepted: 1, failed: 0, errors: [] } });
    assert.equal(Date.parse(expires_at) - Date.parse(created_at), 4 * 60 * 60 * 1000);
  });

  it("sends a notice that collapses by the push's id and has a TTL until it expires", async () => {
    const token = install(functions);
    await send({ id: "p-1", target: { token }, data: { room: "7", type: "mine" } });
    const [message] = pushesTo(functions, token);
    assert.deepEqual(message.notification, notice);
    assert.deepEqual(message.data, { room: "7", type: "notice" });
    assert.deepEqual([message.android.priority, message.android.collapse_key], ["normal", "pbx-1~p-1"]);
    assert.ok(Number.parseInt(message.android.ttl, 10) > 4 * 60 * 60 - 60, message.android.ttl);
    assert.deepEqual(message.apns.payload.aps, { alert: notice, "thread-id": "pbx-1~p-1" });
  });

  it("sends a silent push without a text", async () => {
    const token = install(functions);
    const form = new URLSearchParams({ id: "p-1", target: JSON.stringify({ token }), silent: "true" });
    assert.equal((await functions.pbx("POST", "/pushes", form)).status, 202);
    await functions.settleMessages();
    const [message] = pushesTo(functions, token);
    assert.equal(message.notification, undefined);
    assert.deepEqual(message.data, { type: "silent" });
    assert.deepEqual(message.apns.payload.aps, { "content-available": 1, "thread-id": "pbx-1~p-1" });
  });

  it("accepts a title or a body alone", async () => {
    const token = install(functions);
    await functions.pbx("POST", "/pushes", { target: { token }, body: "본문" });
    await functions.settleMessages();
    assert.deepEqual(pushesTo(functions, token)[0].notification, { title: "", body: "본문" });
  });

  it("creates an id when none is given, a new one for each request", async () => {
    const target = { token: install(functions) };
    const [one, other] = await Promise.all([send({ target }), send({ target })]);
    assert.match(one.id, /^[0-9a-f-]{36}$/);
    assert.notEqual(one.id, other.id);
    assert.equal(pushesTo(functions, target.token).length, 2);
  });

  it("sets its push to be removed a month after its end", async () => {
    await send({ id: "p-1", target: { token: install(functions) } });
    const { dueAt, lease, removeAt } = await readRecord(functions, "p-1");
    assert.deepEqual([dueAt, lease], [undefined, undefined]);
    assert.ok(Math.abs(removeAt.toMillis() - Date.now() - 30 * 24 * 3_600_000) < 60_000);
  });

  it("answers a dialplan in a line", async () => {
    const body = { id: "p-1", target: { token: install(functions) }, ...notice };
    assert.equal((await functions.pbx("POST", "/pushes?format=text", body)).text, "QUEUED p-1\n");
    await functions.settleMessages();
    assert.equal((await functions.pbx("GET", "/pushes/p-1?format=text")).text, "SENT p-1\n");
    const later = { ...body, id: "p-2", reserved_at: new Date(Date.now() + 3_600_000).toISOString() };
    assert.equal((await functions.pbx("POST", "/pushes?format=text", later)).text, "RESERVED p-2\n");
    assert.equal((await functions.pbx("DELETE", "/pushes/p-2?format=text")).text, "CANCELLED p-2\n");
    assert.equal((await functions.pbx("DELETE", "/pushes/p-1?format=text")).text, "ERROR not_reserved\n");
  });
});

describe("the target of a push", () => {
  it("can be many tokens, each of which gets it once", async () => {
    const tokens = Array.from({ length: 40 }, () => install(functions));
    functions.fcm.setState(tokens[3]!, "uninstalled");
    const { state, result } = await send({ id: "p-1", target: { tokens: [...tokens, tokens[0]!] } });
    assert.deepEqual(
      [state, result],
      ["partly_sent", { accepted: 39, failed: 1, errors: [{ index: 3, code: "UNREGISTERED" }] }],
    );
    assert.deepEqual(
      tokens.map((token) => pushesTo(functions, token).length),
      tokens.map((_, index) => (index === 3 ? 0 : 1)),
    );
  });

  it("can be 500 tokens", async () => {
    const tokens = Array.from(
      { length: 500 },
      (_, index) => functions.fcm.createRegistration({ token: `pushed-token-${index}` }).token,
    );
    const { state, result } = await send({ target: { tokens } });
    assert.deepEqual([state, result.accepted], ["sent", 500]);
    assert.equal(functions.fcm.messages().length, 500);
  });

  it("can be an exten, whose phones all get it", async () => {
    const tokens = await addLine(functions, 2);
    const other = await addPhone(functions, "bobs", bob);
    assert.equal((await send({ target: { exten } })).state, "sent");
    assert.deepEqual(
      [...tokens, other].map((token) => pushesTo(functions, token).length),
      [1, 1, 0],
    );
  });

  it("can be an exten with two devices that are one phone, which gets it once", async () => {
    const [token] = await addLine(functions, 2);
    await copyDevice(functions, "phone-1", "phone-1b");
    const { state, result } = await send({ target: { exten } });
    assert.deepEqual([state, result], ["sent", { accepted: 3, failed: 0, errors: [] }]);
    assert.equal(pushesTo(functions, token!).length, 1);
  });

  it("can be a user, whose phones all get it", async () => {
    const token = await addPhone(functions, "alices");
    const other = await addPhone(functions, "bobs", bob);
    assert.equal((await send({ target: { uid: alice.uid } })).state, "sent");
    assert.deepEqual([pushesTo(functions, token).length, pushesTo(functions, other).length], [1, 0]);
  });

  it("can be an FCM topic, which is one message", async () => {
    const { state, result } = await send({ id: "p-1", target: { fcm_topic: "news" } });
    assert.deepEqual([state, result], ["sent", { accepted: 1, failed: 0, errors: [] }]);
    assert.deepEqual(
      functions.fcm.messages().map(({ message }: any) => [message.topic, message.notification.title]),
      [["news", "점검"]],
    );
  });

  for (const target of [{ exten: "0799" }, { uid: "nobody" }]) {
    it(`fails with no_devices when the ${Object.keys(target)[0]} has none`, async () => {
      const { state, result } = await send({ target });
      assert.deepEqual([state, result], ["failed", { accepted: 0, failed: 0, errors: [{ code: "no_devices" }] }]);
    });
  }

  it("names a failed phone by its device id", async () => {
    const [token] = await addLine(functions, 2);
    functions.fcm.addFault({ match: { token: token! }, error_code: "SENDER_ID_MISMATCH", status: 403 });
    const { state, result } = await send({ target: { exten } });
    assert.deepEqual(
      [state, result],
      ["partly_sent", { accepted: 1, failed: 1, errors: [{ device_id: "phone-1", code: "SENDER_ID_MISMATCH" }] }],
    );
    assert.ok(functions.logged.some((line) => line.includes("push_rejected") && line.includes("SENDER_ID_MISMATCH")));
  });

  it("is forgotten when FCM reports it unregistered, found by its token, too", async () => {
    const [first, second] = await addLine(functions, 2);
    for (const token of [first!, second!]) functions.fcm.setState(token, "uninstalled");
    assert.equal((await send({ target: { token: first } })).state, "failed");
    const { db } = functions.services;
    assert.deepEqual(
      (await db.collection("devices").get()).docs.map((doc) => doc.get("deviceId")),
      ["phone-2"],
    );
    await send({ target: { exten } });
    assert.equal((await db.collection("devices").get()).size, 0);
  });
});

describe("a repeated id", () => {
  it("is the same push, and sends nothing", async () => {
    const body = { id: "p-1", target: { token: install(functions) } };
    await send(body);
    const answer = await functions.pbx("POST", "/pushes", { ...notice, ...body });
    assert.deepEqual([answer.status, answer.body], [202, { id: "p-1", state: "sent" }]);
    await functions.settleMessages();
    assert.equal(pushesTo(functions, body.target.token).length, 1);
  });

  it("is the same push when it has expired by now", async () => {
    const token = install(functions);
    await send({ id: "p-1", target: { token } });
    const stale = { id: "p-1", target: { token }, ...notice, reserved_at: "2026-01-01T00:00:00Z" };
    assert.deepEqual((await functions.pbx("POST", "/pushes", stale)).body, { id: "p-1", state: "sent" });
  });

  it("is one push when the requests race", async () => {
    const token = install(functions);
    const body = { id: "p-1", target: { token }, ...notice };
    const answers = await Promise.all([1, 2, 3, 4].map(() => functions.pbx("POST", "/pushes", body)));
    assert.deepEqual(
      answers.map(({ status, body: { id } }) => [status, id]),
      answers.map(() => [202, "p-1"]),
    );
    await functions.settleMessages();
    assert.equal(pushesTo(functions, token).length, 1);
  });

  it("is one push when another request came first after this one had checked", async () => {
    const body = { id: "p-1", target: { token: install(functions) }, ...notice };
    let isFirst = true;
    const url = await functions.servePbx({ ...functions.services, db: buildSlowReader() });
    const answer = await requestPbx(url, "POST", "/pushes", body);
    assert.deepEqual([answer.status, answer.body], [202, { id: "p-1", state: "sent" }]);
    await functions.settleMessages();
    assert.equal(pushesTo(functions, body.target.token).length, 1);

    /** A database that another request uses to its end before the first answer is read. */
    function buildSlowReader() {
      return new Proxy(functions.services.db, {
        get: (target, property) => {
          if (property !== "collection") return Reflect.get(target, property);
          return (path: string) => {
            const collection = target.collection(path);
            return path === "pushes" ? { doc: (id: string) => slowDown(collection.doc(id)) } : collection;
          };
        },
      });
    }

    function slowDown(ref: DocumentReference) {
      const get = async () => {
        const snapshot = await ref.get();
        if (isFirst) await send(body);
        isFirst = false;
        return snapshot;
      };
      return { get, create: async (push: object) => ref.create(push) };
    }
  });
});

describe("a push and the key of its request", () => {
  const own = { id: "p-1", target: { token: "t".repeat(20) }, ...notice };
  const reserved_at = new Date(Date.now() + 3_600_000).toISOString();

  it("belongs to one PBX: two have the same id, and each reads and cancels its own", async () => {
    const posted = [
      await request("POST", "/pushes", { ...own, id: "reminder-1", reserved_at }, "other"),
      await request("POST", "/pushes", { ...own, id: "reminder-1" }),
    ];
    assert.deepEqual(
      posted.map(({ status, body }) => [status, body]),
      [
        [202, { id: "reminder-1", state: "reserved" }],
        [202, { id: "reminder-1", state: "queued" }],
      ],
    );
    assert.equal((await request("DELETE", "/pushes/reminder-1", undefined, "other")).body.state, "cancelled");
    await functions.settleMessages();
    assert.equal((await shown("reminder-1")).state, "failed");
    assert.equal((await request("GET", "/pushes/reminder-1", undefined, "other")).body.state, "cancelled");
  });

  it("does not collapse with another PBX's push of the same id on a phone that was offline", async () => {
    const token = install(functions);
    functions.fcm.setState(token, "offline");
    for (const key of [demoKey, "other"]) {
      await request("POST", "/pushes", { id: "reminder-1", target: { token }, ...notice }, key);
      await functions.settleMessages();
    }
    functions.fcm.setState(token, "online");
    assert.deepEqual(
      functions.fcm.messages(token).map(({ delivery }) => delivery),
      ["delivered", "delivered"],
    );
  });

  it("can have ids that together form a name that Firestore reserves", async () => {
    const token = install(functions);
    const answer = await request("POST", "/pushes", { id: "b__", target: { token }, ...notice }, "odd");
    assert.deepEqual([answer.status, answer.body], [202, { id: "b__", state: "queued" }]);
    await functions.settleMessages();
    assert.equal((await request("GET", "/pushes/b__", undefined, "odd")).body.state, "sent");
    assert.equal(pushesTo(functions, token).length, 1);
  });

  it("hides another PBX's push", async () => {
    await request("POST", "/pushes", { ...own, reserved_at });
    for (const method of ["GET", "DELETE"]) {
      const answer = await request(method, "/pushes/p-1", undefined, "other");
      assert.deepEqual([answer.status, answer.body.error.code], [404, "unknown_push"]);
    }
    assert.equal((await shown("p-1")).state, "reserved");
  });

  it("needs the scope send", async () => {
    for (const [method, path] of [
      ["POST", "/pushes"],
      ["GET", "/pushes/p-1"],
      ["DELETE", "/pushes/p-1"],
    ] as const) {
      assert.equal((await request(method, path, method === "POST" ? own : undefined, "caller")).status, 403);
    }
  });

  it("lets a key for certain extens name one of these and nothing else", async () => {
    const targets = [{ exten }, { exten: "0701" }, own.target, { tokens: ["t"] }, { uid: "alice" }, { fcm_topic: "a" }];
    const answers = await Promise.all(
      targets.map((target) => request("POST", "/pushes", { target, ...notice, reserved_at }, "limited")),
    );
    assert.deepEqual(
      answers.map(({ status }) => status),
      [202, 403, 403, 403, 403, 403],
    );
  });

  it("shows such a key only pushes to its extens, and lets it cancel no other", async () => {
    await request("POST", "/pushes", { ...own, reserved_at });
    await request("POST", "/pushes", { ...own, id: "p-2", target: { exten }, reserved_at });
    for (const [id, status] of [
      ["p-1", 403],
      ["p-2", 200],
    ] as const) {
      assert.equal((await request("GET", `/pushes/${id}`, undefined, "limited")).status, status);
      assert.equal((await request("DELETE", `/pushes/${id}`, undefined, "limited")).status, status);
    }
    const repeat = await request("POST", "/pushes", { ...own, target: { exten } }, "limited");
    assert.equal(repeat.status, 403);
    assert.equal((await shown("p-1")).state, "reserved");
  });
});

describe("a registration", () => {
  it("is in no answer and no log", async () => {
    const tokens = [install(functions), install(functions), "t".repeat(60)];
    functions.fcm.addFault({ match: { token: tokens[1]! }, error_code: "INVALID_ARGUMENT", status: 400 });
    await send({ id: "p-1", target: { tokens } });
    await send({ id: "p-2", target: { token: tokens[1] } });
    const text = [...functions.logged, JSON.stringify(await shown("p-1")), JSON.stringify(await shown("p-2"))].join();
    assert.ok(text.includes("push_failed") && text.includes("push_rejected"));
    assert.deepEqual(
      tokens.filter((token) => text.includes(token)),
      [],
    );
  });
});

describe("a message on the Pub/Sub topic", () => {
  it("is dropped when it cannot be parsed or names no push", async () => {
    await functions.services.publisher.publish("pushes", [{ id: "a/b" }, { push: 1 }, { id: "unknown" }]);
    await functions.settleMessages();
    const text = functions.logged.join("\n");
    assert.ok(text.includes("message_unreadable") && text.includes("push_unknown"));
  });
});
