import assert from "node:assert/strict";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { dispatchDue } from "../../../functions/src/pushes/dispatch-due.ts";
import { startFunctions } from "../../support/functions.ts";
import { addLine, addPhone, exten, pushesTo, resetState } from "../../support/line.ts";
import { hour, install, keyOf, minute, readRecord, setUp, type Setup } from "./setup.ts";

const functions = await startFunctions();
after(() => functions.close());

let setup: Setup;
let token: string;
beforeEach(async () => {
  await resetState(functions);
  setup = await setUp(functions);
  token = install(functions);
});
afterEach(() => setup.close());

async function reserve(ms = hour, more: object = {}): Promise<string> {
  return setup.post({ target: { token }, reserved_at: setup.in(ms), ...more });
}

async function stateOf(id: string): Promise<string> {
  return (await setup.shown(id)).state;
}

function countPushes(): number {
  return pushesTo(functions, token).length;
}

describe("a reserved push", () => {
  it("waits for its time, and is sent then", async () => {
    const reserved_at = setup.in(hour);
    const id = await reserve();
    const { created_at: _, ...push } = await setup.shown(id);
    assert.deepEqual(push, { id, state: "reserved", reserved_at, expires_at: setup.in(5 * hour) });
    setup.clock.advance(hour - 1);
    await setup.runMinute();
    assert.deepEqual([await stateOf(id), countPushes()], ["reserved", 0]);
    setup.clock.advance(1);
    await setup.runMinute();
    assert.deepEqual([await stateOf(id), countPushes()], ["sent", 1]);
  });

  it("accepts any offset from UTC", async () => {
    const id = await setup.post({ target: { token }, reserved_at: "2027-01-01T09:00:00+09:00" });
    assert.equal((await setup.shown(id)).reserved_at, "2027-01-01T00:00:00.000Z");
  });

  it("is sent by the deployed job and worker", async () => {
    await functions.deliverMessages();
    const id = await reserve(1);
    const answer = await functions.runSchedule("duePushes");
    assert.equal(answer.status, 200);
    await functions.settleMessages();
    assert.deepEqual([await stateOf(id), countPushes()], ["sent", 1]);
  });

  it("goes to the owner that the exten has when it is due", async () => {
    const id = await setup.post({ target: { exten }, reserved_at: setup.in(hour) });
    const [phone] = await addLine(functions, 1);
    setup.clock.advance(hour);
    await setup.runMinute();
    assert.equal(await stateOf(id), "sent");
    assert.equal(pushesTo(functions, phone!).length, 1);
  });

  it("is sent at once when its time has only just passed", async () => {
    const id = await reserve(-minute);
    assert.equal(await stateOf(id), "queued");
    await setup.deliver();
    assert.equal(countPushes(), 1);
  });

  it("has the remaining TTL when it is sent", async () => {
    await reserve(hour, { expires_at: setup.in(3 * hour) });
    setup.clock.advance(hour + 30_000);
    await setup.runMinute();
    assert.equal(pushesTo(functions, token)[0].android.ttl, "7170s");
  });

  it("is queued with all others that are due, oldest first", async () => {
    const ids = Array.from({ length: 120 }, (_, index) => `p-${index}`);
    const due = setup.services.clock.now() + hour;
    await Promise.all(ids.map((id, index) => reserve(hour + index, { id, expires_at: setup.in(2 * hour) })));
    assert.equal((await readRecord(functions, "p-0")).dueAt.toMillis(), due);
    setup.clock.advance(hour + 120);
    await dispatchDue(setup.services);
    assert.deepEqual(setup.published, ids.map(keyOf));
  });
});

describe("cancelling a push", () => {
  it("prevents it from being sent", async () => {
    const id = await reserve();
    const answer = await setup.pbx("DELETE", `/pushes/${id}`);
    assert.deepEqual([answer.status, answer.body], [200, { id, state: "cancelled" }]);
    assert.deepEqual((await setup.pbx("DELETE", `/pushes/${id}`)).body, { id, state: "cancelled" });
    setup.clock.advance(hour);
    await setup.runMinute();
    assert.deepEqual([await stateOf(id), countPushes()], ["cancelled", 0]);
  });

  it("is not undone by a repeated POST of the push", async () => {
    const id = await reserve(hour, { id: "p-1" });
    await setup.pbx("DELETE", `/pushes/${id}`);
    await setup.post({ id, target: { token } });
    assert.deepEqual([await stateOf(id), setup.published], ["cancelled", []]);
  });

  it("is refused with the state once the push is queued, and when it has been sent", async () => {
    const id = await setup.post({ target: { token } });
    const answer = await setup.pbx("DELETE", `/pushes/${id}`);
    assert.deepEqual([answer.status, answer.body.error.code, answer.body.state], [409, "not_reserved", "queued"]);
    await setup.deliver();
    assert.equal((await setup.pbx("DELETE", `/pushes/${id}`)).body.state, "sent");
    assert.equal((await setup.pbx("DELETE", "/pushes/unknown")).status, 404);
  });

  it("and posting it at the same time leave it either cancelled or unknown", async () => {
    const [posted, cancelled] = await Promise.all([reserve(hour, { id: "p-1" }), setup.pbx("DELETE", "/pushes/p-1")]);
    assert.equal(posted, "p-1");
    assert.equal(await stateOf("p-1"), cancelled.status === 200 ? "cancelled" : "reserved");
  });

  it("and the minute job leave it either cancelled or sent", async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, (_, index) => reserve(hour, { id: `p-${index}` })));
    setup.clock.advance(hour);
    const [, ...answers] = await Promise.all([
      dispatchDue(setup.services),
      ...ids.map((id) => setup.pbx("DELETE", `/pushes/${id}`)),
    ]);
    const cancelled = ids.filter((_, index) => answers[index]?.status === 200);
    assert.deepEqual(new Set([...setup.published, ...cancelled.map(keyOf)]), new Set(ids.map(keyOf)));
    assert.equal(setup.published.length + cancelled.length, 20);
    await setup.deliver();
    assert.equal(countPushes(), 20 - cancelled.length);
  });
});

describe("an expired push", () => {
  it("is never sent when the minute job comes too late", async () => {
    const id = await reserve(hour, { expires_at: setup.in(2 * hour) });
    setup.clock.advance(2 * hour);
    await setup.runMinute();
    assert.deepEqual([await stateOf(id), countPushes()], ["expired", 0]);
    assert.deepEqual((await setup.shown(id)).result, {
      accepted: 0,
      failed: 1,
      errors: [{ code: "expired" }],
    });
    assert.ok(functions.logged.some((line) => line.includes("push_failed") && line.includes("expired")));
  });

  it("is never sent when its message comes too late", async () => {
    const id = await setup.post({ target: { exten }, expires_at: setup.in(minute) });
    const phone = await addPhone(functions, "phone-1");
    setup.clock.advance(minute);
    await setup.deliver();
    await setup.runMinute();
    assert.equal(await stateOf(id), "expired");
    assert.equal(pushesTo(functions, phone).length, 0);
  });
});

describe("the minute job", () => {
  it("sends a push that was recorded and never published", async () => {
    await setup.close();
    setup = await setUp(functions, (services) => {
      let isAway = true;
      const publish: typeof services.publisher.publish = async (...args) => {
        if (!isAway) return services.publisher.publish(...args);
        isAway = false;
        throw new Error("14 UNAVAILABLE");
      };
      return { ...services, publisher: { ...services.publisher, publish } };
    });
    const id = await setup.post({ target: { token } });
    assert.equal(await stateOf(id), "queued");
    await setup.runMinute();
    assert.equal(countPushes(), 0);
    setup.clock.advance(minute);
    await setup.runMinute();
    assert.deepEqual([await stateOf(id), countPushes()], ["sent", 1]);
  });

  it("publishes again a push whose message was lost", async () => {
    const id = await setup.post({ target: { token } });
    setup.published.length = 0;
    setup.clock.advance(minute);
    await setup.runMinute();
    assert.deepEqual([await stateOf(id), countPushes()], ["sent", 1]);
  });

  it("sends a push once when two jobs run at once", async () => {
    await Promise.all(Array.from({ length: 10 }, (_, index) => reserve(hour, { id: `p-${index}` })));
    setup.clock.advance(hour);
    await Promise.all([dispatchDue(setup.services), dispatchDue(setup.services)]);
    assert.equal(setup.published.length, 10);
    await setup.deliver();
    assert.equal(countPushes(), 10);
  });

  it("goes on when it can no longer lease one of the pushes", async () => {
    const id = await reserve();
    setup.clock.advance(hour);
    let isFirst = true;
    const runTransaction = async (...args: [never]) => {
      if (!isFirst) return functions.services.db.runTransaction(...args);
      isFirst = false;
      throw Object.assign(new Error("14 UNAVAILABLE"), { code: 14 });
    };
    const db = new Proxy(functions.services.db, {
      get: (target, property) => {
        if (property === "runTransaction") return runTransaction;
        const value = Reflect.get(target, property);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const other = await reserve(0);
    await dispatchDue({ ...setup.services, db });
    assert.equal(setup.published.length, 1);
    await setup.runMinute();
    assert.deepEqual([await stateOf(id), await stateOf(other)], ["sent", "sent"]);
  });

  it("fails, and logs why, when it cannot read the pushes", async () => {
    const { db } = functions.services;
    db.collection = () => {
      throw new Error("14 UNAVAILABLE");
    };
    try {
      assert.equal((await functions.runSchedule("duePushes")).status, 500);
    } finally {
      Reflect.deleteProperty(db, "collection");
    }
    assert.ok(functions.logged.some((line) => line.includes("pushes_not_dispatched") && line.includes("dispatchDue")));
  });
});
