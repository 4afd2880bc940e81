import assert from "node:assert/strict";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { dispatchDue } from "../../../functions/src/pushes/dispatch-due.ts";
import { startFunctions } from "../../support/functions.ts";
import { addLine, addPhone, exten, pushesTo, startAfresh } from "../../support/line.ts";
import { hour, install, keyOf, minute, readRecord, setStage, type Stage } from "./stage.ts";

const functions = await startFunctions();
after(() => functions.close());

let stage: Stage;
let token: string;
beforeEach(async () => {
  await startAfresh(functions);
  stage = await setStage(functions);
  token = install(functions);
});
afterEach(() => stage.close());

async function reserve(ms = hour, more: object = {}): Promise<string> {
  return stage.post({ target: { token }, reserved_at: stage.in(ms), ...more });
}

async function stateOf(id: string): Promise<string> {
  return (await stage.shown(id)).state;
}

function countPushes(): number {
  return pushesTo(functions, token).length;
}

describe("a reserved push", () => {
  it("waits for its time, and is sent then", async () => {
    const reserved_at = stage.in(hour);
    const id = await reserve();
    const { created_at: _, ...push } = await stage.shown(id);
    assert.deepEqual(push, { id, state: "reserved", reserved_at, expires_at: stage.in(5 * hour) });
    stage.clock.advance(hour - 1);
    await stage.runMinute();
    assert.deepEqual([await stateOf(id), countPushes()], ["reserved", 0]);
    stage.clock.advance(1);
    await stage.runMinute();
    assert.deepEqual([await stateOf(id), countPushes()], ["sent", 1]);
  });

  it("accepts any offset from UTC", async () => {
    const id = await stage.post({ target: { token }, reserved_at: "2027-01-01T09:00:00+09:00" });
    assert.equal((await stage.shown(id)).reserved_at, "2027-01-01T00:00:00.000Z");
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
    const id = await stage.post({ target: { exten }, reserved_at: stage.in(hour) });
    const [phone] = await addLine(functions, 1);
    stage.clock.advance(hour);
    await stage.runMinute();
    assert.equal(await stateOf(id), "sent");
    assert.equal(pushesTo(functions, phone!).length, 1);
  });

  it("is sent at once when its time has only just passed", async () => {
    const id = await reserve(-minute);
    assert.equal(await stateOf(id), "queued");
    await stage.deliver();
    assert.equal(countPushes(), 1);
  });

  it("has the remaining TTL when it is sent", async () => {
    await reserve(hour, { expires_at: stage.in(3 * hour) });
    stage.clock.advance(hour + 30_000);
    await stage.runMinute();
    assert.equal(pushesTo(functions, token)[0].android.ttl, "7170s");
  });

  it("is queued with all others that are due, oldest first", async () => {
    const ids = Array.from({ length: 120 }, (_, index) => `p-${index}`);
    const due = stage.services.clock.now() + hour;
    await Promise.all(ids.map((id, index) => reserve(hour + index, { id, expires_at: stage.in(2 * hour) })));
    assert.equal((await readRecord(functions, "p-0")).dueAt.toMillis(), due);
    stage.clock.advance(hour + 120);
    await dispatchDue(stage.services);
    assert.deepEqual(stage.published, ids.map(keyOf));
  });
});

describe("cancelling a push", () => {
  it("prevents it from being sent", async () => {
    const id = await reserve();
    const answer = await stage.pbx("DELETE", `/pushes/${id}`);
    assert.deepEqual([answer.status, answer.body], [200, { id, state: "cancelled" }]);
    assert.deepEqual((await stage.pbx("DELETE", `/pushes/${id}`)).body, { id, state: "cancelled" });
    stage.clock.advance(hour);
    await stage.runMinute();
    assert.deepEqual([await stateOf(id), countPushes()], ["cancelled", 0]);
  });

  it("is not undone by a repeated POST of the push", async () => {
    const id = await reserve(hour, { id: "p-1" });
    await stage.pbx("DELETE", `/pushes/${id}`);
    await stage.post({ id, target: { token } });
    assert.deepEqual([await stateOf(id), stage.published], ["cancelled", []]);
  });

  it("is refused with the state once the push is queued, and when it has been sent", async () => {
    const id = await stage.post({ target: { token } });
    const answer = await stage.pbx("DELETE", `/pushes/${id}`);
    assert.deepEqual([answer.status, answer.body.error.code, answer.body.state], [409, "not_reserved", "queued"]);
    await stage.deliver();
    assert.equal((await stage.pbx("DELETE", `/pushes/${id}`)).body.state, "sent");
    assert.equal((await stage.pbx("DELETE", "/pushes/unknown")).status, 404);
  });

  it("and posting it at the same time leave it either cancelled or unknown", async () => {
    const [posted, cancelled] = await Promise.all([reserve(hour, { id: "p-1" }), stage.pbx("DELETE", "/pushes/p-1")]);
    assert.equal(posted, "p-1");
    assert.equal(await stateOf("p-1"), cancelled.status === 200 ? "cancelled" : "reserved");
  });

  it("and the minute job leave it either cancelled or sent", async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, (_, index) => reserve(hour, { id: `p-${index}` })));
    stage.clock.advance(hour);
    const [, ...answers] = await Promise.all([
      dispatchDue(stage.services),
      ...ids.map((id) => stage.pbx("DELETE", `/pushes/${id}`)),
    ]);
    const cancelled = ids.filter((_, index) => answers[index]?.status === 200);
    assert.deepEqual(new Set([...stage.published, ...cancelled.map(keyOf)]), new Set(ids.map(keyOf)));
    assert.equal(stage.published.length + cancelled.length, 20);
    await stage.deliver();
    assert.equal(countPushes(), 20 - cancelled.length);
  });
});

describe("an expired push", () => {
  it("is never sent when the minute job comes too late", async () => {
    const id = await reserve(hour, { expires_at: stage.in(2 * hour) });
    stage.clock.advance(2 * hour);
    await stage.runMinute();
    assert.deepEqual([await stateOf(id), countPushes()], ["expired", 0]);
    assert.deepEqual((await stage.shown(id)).result, {
      accepted: 0,
      failed: 1,
      errors: [{ code: "expired" }],
    });
    assert.ok(functions.logged.some((line) => line.includes("push_failed") && line.includes("expired")));
  });

  it("is never sent when its message comes too late", async () => {
    const id = await stage.post({ target: { exten }, expires_at: stage.in(minute) });
    const phone = await addPhone(functions, "phone-1");
    stage.clock.advance(minute);
    await stage.deliver();
    await stage.runMinute();
    assert.equal(await stateOf(id), "expired");
    assert.equal(pushesTo(functions, phone).length, 0);
  });
});

describe("the minute job", () => {
  it("sends a push that was recorded and never published", async () => {
    await stage.close();
    stage = await setStage(functions, (services) => {
      let isAway = true;
      const publish: typeof services.publisher.publish = async (...args) => {
        if (!isAway) return services.publisher.publish(...args);
        isAway = false;
        throw new Error("14 UNAVAILABLE");
      };
      return { ...services, publisher: { ...services.publisher, publish } };
    });
    const id = await stage.post({ target: { token } });
    assert.equal(await stateOf(id), "queued");
    await stage.runMinute();
    assert.equal(countPushes(), 0);
    stage.clock.advance(minute);
    await stage.runMinute();
    assert.deepEqual([await stateOf(id), countPushes()], ["sent", 1]);
  });

  it("publishes again a push whose message was lost", async () => {
    const id = await stage.post({ target: { token } });
    stage.published.length = 0;
    stage.clock.advance(minute);
    await stage.runMinute();
    assert.deepEqual([await stateOf(id), countPushes()], ["sent", 1]);
  });

  it("sends a push once when two jobs run at once", async () => {
    await Promise.all(Array.from({ length: 10 }, (_, index) => reserve(hour, { id: `p-${index}` })));
    stage.clock.advance(hour);
    await Promise.all([dispatchDue(stage.services), dispatchDue(stage.services)]);
    assert.equal(stage.published.length, 10);
    await stage.deliver();
    assert.equal(countPushes(), 10);
  });

  it("goes on when it can no longer lease one of the pushes", async () => {
    const id = await reserve();
    stage.clock.advance(hour);
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
    await dispatchDue({ ...stage.services, db });
    assert.equal(stage.published.length, 1);
    await stage.runMinute();
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
