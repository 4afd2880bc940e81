import assert from "node:assert/strict";
import * as fc from "fast-check";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { startFunctions, type Answered } from "../../support/functions.ts";
import { addLine, call, resetState } from "../../support/line.ts";
import { until } from "../../support/until.ts";
import { Places, type Place } from "../../../functions/src/places.ts";

const otherKey = "other-pbx-key";
const functions = await startFunctions({}, undefined, { [otherKey]: { pbxId: "pbx-2" } });
after(() => functions.close());

const told = (event: string) => functions.logged.filter((line) => line.includes(event)).length;

const asOther = { headers: { authorization: `Bearer ${otherKey}`, "content-type": "application/json" } };

/** Waits for a call of the PBX, by one request each. */
class Waits {
  readonly answers: Answered[] = [];
  readonly #client = new AbortController();
  readonly #requests: Promise<unknown>[];

  constructor(count: number, callId: string, init: RequestInit = {}) {
    const { signal } = this.#client;
    this.#requests = Array.from({ length: count }, async () => {
      const path = `/calls/${callId}?wait_seconds=20`;
      this.answers.push(await functions.pbx("GET", path, undefined, { ...init, signal }));
    });
  }

  /** How many are still held. */
  get held(): number {
    return this.#requests.length - this.answers.length;
  }

  async leave(): Promise<void> {
    this.#client.abort();
    await Promise.allSettled(this.#requests);
  }
}

describe("a wait", () => {
  it("ends at once if its client left before it began", async () => {
    const { systemClock } = await import("../../../functions/src/clock.ts");
    const { watchUntil } = await import("../../../functions/src/firestore/watch-until.ts");
    const limits = { ms: 20_000, signal: AbortSignal.abort(), settlesInMs: () => Number.POSITIVE_INFINITY };
    const startedAt = performance.now();
    let isOpen = true;
    assert.equal(await watchUntil(systemClock, () => () => (isOpen = false), limits), undefined);
    assert.equal(isOpen, false);
    assert.ok(performance.now() - startedAt < 10_000);
  });
});

describe("held waits", () => {
  let waits: Waits[] = [];
  const start = (...args: ConstructorParameters<typeof Waits>) => {
    const started = new Waits(...args);
    waits.push(started);
    return started;
  };

  beforeEach(async () => {
    await resetState(functions);
    await addLine(functions, 1);
    assert.equal((await functions.pbx("POST", "/calls", { ...call, call_id: "1.1" })).status, 200);
    assert.equal((await functions.pbx("POST", "/calls", { ...call, call_id: "2.1" }, asOther)).status, 200);
  });
  afterEach(async () => {
    await Promise.all(waits.map(async (each) => each.leave()));
    await until(() => functions.listeners() === 0);
    waits = [];
  });

  it("take half of an instance's places, however many a key asks for: the others hear the status of now", async () => {
    const toldBefore = told("wait_not_held");
    const own = start(200, "1.1");
    await until(() => own.answers.length === 160);
    assert.equal(told("wait_not_held") - toldBefore, 160);
    for (const { status, body } of own.answers) assert.deepEqual([status, body.status], [200, "notified"]);
    await until(() => functions.listeners() === 40);

    const other = await functions.pbx("POST", "/calls", { ...call, call_id: "2.2" }, asOther);
    assert.equal(other.status, 200);
    const late = await functions.pbx("POST", "/calls", { ...call, call_id: "1.2", wait_seconds: 20 });
    assert.deepEqual([late.status, late.body.status], [200, "notified"]);
    const text = await functions.pbx("POST", "/calls?format=text", { ...call, call_id: "1.3", wait_seconds: 20 });
    assert.equal(text.text, "NOTIFIED 1\n");
    assert.equal((await functions.pbx("POST", "/calls/1.1/end", {})).status, 200);
    await until(() => own.held === 0);
    assert.deepEqual(
      own.answers.slice(160).map(({ status, body }) => `${status} ${body.status}`),
      Array.from({ length: 40 }, () => "200 ended"),
    );
  });

  it("are shared: a second key gets as many, from the oldest waits of the first", async () => {
    const toldBefore = told("wait_not_held");
    const own = start(40, "1.1");
    await until(() => functions.listeners() === 40);
    const other = start(100, "2.1", asOther);
    await until(() => other.answers.length === 80);
    await until(() => own.answers.length === 20);
    // Eighty had no place, and twenty lost theirs.
    assert.equal(told("wait_not_held") - toldBefore, 100);
    for (const { status, body } of own.answers) assert.deepEqual([status, body.status], [200, "notified"]);
    await until(() => functions.listeners() === 40);
    assert.deepEqual([own.held, other.held], [20, 20]);
  });

  it("give their places back", async () => {
    const gone = start(40, "1.1");
    await until(() => functions.listeners() === 40);
    await gone.leave();
    await until(() => functions.listeners() === 0);
    const again = start(40, "1.1");
    await until(() => functions.listeners() === 40);
    assert.equal(again.held, 40);
  });
});

describe("the places for waits", () => {
  const steps = fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.boolean()), { maxLength: 60 });

  it("are never more than the limit, are refused to no key that has fewer than another, and are all given back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), steps, (limit, taken) => {
        const waits = new Places(limit);
        const held: { readonly key: string; readonly wait: Place }[] = [];
        const current = () => held.filter(({ wait }) => !wait.signal.aborted);
        const countOf = (key: string) => current().filter((one) => one.key === key).length;
        for (const [key, leaves] of taken) {
          if (leaves) {
            const left = held.findIndex((one) => one.key === key);
            if (left >= 0) held.splice(left, 1)[0]!.wait.release();
            continue;
          }
          const before = { all: current().length, own: countOf(key) };
          const most = Math.max(0, ...["a", "b", "c", "d"].map(countOf));
          const wait = waits.take(key);
          assert.equal(wait !== undefined, before.all < limit || most > before.own + 1);
          if (wait !== undefined) held.push({ key, wait });
          assert.ok(current().length <= limit);
        }
        for (const { wait } of held) wait.release();
        for (let n = 0; n < limit; n += 1) assert.ok(waits.take("e") !== undefined);
        assert.equal(waits.take("e"), undefined);
      }),
    );
  });
});
