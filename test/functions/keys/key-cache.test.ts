import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import * as fc from "fast-check";
import { pbxKeyPath, savePbxKey } from "../../../harness/pbx-keys.ts";
import { TryAgain } from "../../../functions/src/errors.ts";
import { createLog, type LogEntry } from "../../../functions/src/log.ts";
import { KeyCache } from "../../../functions/src/keys/key-cache.ts";
import { startFunctions } from "../../support/functions.ts";
import { resetState } from "../../support/line.ts";
import { until } from "../../support/until.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(() => resetState(functions));

/** A minute: within it, a new key works and a revoked one does not. */
const promiseMs = 60_000;

/** An instance's keys, with a clock that the test turns, and the documents that it has read. */
function startInstance() {
  const { db, clock } = functions.services;
  let now = clock.now();
  const reads: string[] = [];
  const entries: LogEntry[] = [];
  let isDown = false;
  let held: (() => void)[] | undefined;
  const read = async <T>(ids: readonly string[], get: () => Promise<T>): Promise<T> => {
    reads.push(...ids);
    if (isDown) throw Object.assign(new Error("unavailable"), { code: 14 });
    const answer = await get();
    const holding = held;
    if (holding !== undefined) await new Promise<void>((resolve) => holding.push(resolve));
    return answer;
  };
  const counting = {
    collection: (name: string) => ({
      doc: (id: string) => {
        const ref = db.collection(name).doc(id);
        return { get: async () => read([id], async () => ref.get()), update: async (data: object) => ref.update(data) };
      },
      select: () => ({
        limit: (limit: number) => ({
          get: async () => {
            const query = db.collection(name).select().limit(limit);
            const { size } = await query.get();
            return read(Array(size).fill("list"), async () => query.get());
          },
        }),
      }),
    }),
  };
  const log = createLog({ showCallerData: false, sink: (entry) => entries.push(entry) });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the part of Firestore that the cache uses
  const services = { db: counting as unknown as typeof db, clock: { ...clock, now: () => now }, log };
  const cache = new KeyCache(services);
  return {
    cache,
    reads,
    entries,
    now: () => now,
    pass: (ms: number) => (now += ms),
    breakDatabase: (broken: boolean) => (isDown = broken),
    /** From now on, answers that Firestore has given do not arrive; the result lets those arrive that were held. */
    holdAnswers: () => {
      const holding: (() => void)[] = (held = []);
      return {
        sent: async () => until(async () => holding.length > 0),
        letPass: () => (held = undefined),
        release: () => holding.forEach((resolve) => resolve()),
      };
    },
    /** Whether a key is taken, once everything that runs beside has ended. */
    takes: async (key: string) => {
      const found = await cache.find(key);
      await cache.settle();
      return found !== undefined;
    },
  };
}

const db = () => functions.services.db;
const at = (ms: number) => new Date(ms);

describe("an instance's keys", () => {
  it("are the stored ones of at most a minute ago, in any order of changes, requests and pauses", async () => {
    const change = fc.constantFrom("add", "revoke", "delete", "expire", "break", "restrict");
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ use: fc.constantFrom("a", "b") }) },
      // Clocks differ: a time that another machine wrote may be past or to come.
      {
        weight: 2,
        arbitrary: fc.record({ change, key: fc.constantFrom("a", "b"), skew: fc.constantFrom(-1, 600_000) }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ pause: fc.constantFrom(1, 5000, 19_999, 20_000, 30_000, 59_999, 60_000, 3_600_000) }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
        await resetState(functions);
        const instance = startInstance();
        /** When each key became valid or invalid. */
        const history = { a: [{ at: -Infinity, isValid: false }], b: [{ at: -Infinity, isValid: false }] };
        const note = (key: "a" | "b", isValid: boolean) => history[key].push({ at: instance.now(), isValid });
        for (const one of steps) {
          if ("pause" in one) instance.pass(one.pause);
          else if ("change" in one) {
            const { key } = one;
            const past = at(instance.now() - 1);
            if (one.change === "delete") await db().doc(pbxKeyPath(key)).delete();
            else if (one.change === "revoke")
              await savePbxKey(db(), key, { revokedAt: at(instance.now() + one.skew) } as object);
            else if (one.change === "expire") await savePbxKey(db(), key, { expiresAt: past } as object);
            else if (one.change === "break") await savePbxKey(db(), key, { scope: "calls" } as object);
            else await savePbxKey(db(), key, one.change === "restrict" ? { scopes: ["lines"] } : {});
            note(key, one.change === "add" || one.change === "restrict");
          } else {
            const key = one.use;
            const isTaken = await instance.takes(key);
            const since = instance.now() - promiseMs;
            const past = history[key];
            const recent = past.filter((entry, nth) => (past[nth + 1]?.at ?? Infinity) > since || entry.at > since);
            assert.ok(
              recent.some(({ isValid }) => isValid === isTaken),
              `${key} is ${isTaken ? "taken" : "refused"} though it was not so within a minute`,
            );
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it("cost a request no read while they are warm, and one each half minute", async () => {
    await savePbxKey(db(), "a");
    const instance = startInstance();
    for (let second = 0; second < 120; second++) {
      assert.equal(await instance.takes("a"), true);
      instance.pass(1000);
    }
    assert.equal(instance.reads.length, 4);
  });

  it("are read once for any number of requests at the same time", async () => {
    await savePbxKey(db(), "a");
    const instance = startInstance();
    const taken = await Promise.all(Array.from({ length: 100 }, () => instance.takes("a")));
    assert.ok(taken.every(Boolean));
    assert.equal(instance.reads.length, 1);
  });

  it("stay known for a minute while Firestore is down, and then fail as a database that is busy", async () => {
    await savePbxKey(db(), "a");
    const instance = startInstance();
    assert.equal(await instance.takes("a"), true);
    instance.breakDatabase(true);
    instance.pass(promiseMs - 1);
    assert.equal(await instance.takes("a"), true);
    instance.pass(1);
    await assert.rejects(instance.takes("a"), { code: 14 });
    instance.breakDatabase(false);
    assert.equal(await instance.takes("a"), true);
  });

  it("are looked up at a capped rate when they are unknown, while a known one works", async () => {
    await savePbxKey(db(), "a");
    const instance = startInstance();
    assert.equal(await instance.takes("a"), true);
    const guesses = await Promise.allSettled(Array.from({ length: 1000 }, (_, n) => instance.takes(`guess-${n}`)));
    const refused = guesses.filter((guess) => guess.status === "fulfilled" && !guess.value);
    const deferred = guesses.filter((guess) => guess.status === "rejected" && guess.reason instanceof TryAgain);
    const lookups = () => instance.reads.filter((read) => read !== "list").length;
    assert.deepEqual([refused.length, deferred.length, lookups()], [199, 801, 200]);
    assert.equal(await instance.takes("a"), true);
    // The same wrong key again costs nothing.
    assert.equal(await instance.takes("guess-0"), false);
    assert.equal(lookups(), 200);
    instance.pass(1000);
    await Promise.allSettled(Array.from({ length: 100 }, (_, n) => instance.takes(`another-${n}`)));
    assert.equal(lookups(), 220);
  });

  it("work at once though they were not read before and wrong ones flood the instance", async () => {
    const valid = Array.from({ length: 30 }, (_, n) => `valid-${n}`);
    await Promise.all(valid.map(async (key) => savePbxKey(db(), key, { pbxId: key })));
    const instance = startInstance();
    const seconds = 5;
    const waits = new Map<string, number>();
    for (let second = 0; second < seconds; second++) {
      // Each PBX asks once a second, somewhere among 1,300 guesses.
      const asking = valid.filter((key) => !waits.has(key));
      const requests: Promise<unknown>[] = [];
      for (let n = 0; n < 1300; n++) {
        requests.push(instance.cache.find(`guess-${second}-${n}`).catch(() => undefined));
        const key = n % 40 === 39 ? asking[(n - 39) / 40] : undefined;
        if (key === undefined) continue;
        const ask = async () => (await instance.takes(key)) && waits.set(key, second);
        requests.push(ask().catch(() => undefined));
      }
      await Promise.all(requests);
      await instance.cache.settle();
      instance.pass(1000);
    }
    assert.equal(waits.size, valid.length);
    assert.ok(Math.max(...waits.values()) <= 1, JSON.stringify([...waits.values()]));
    const most = 200 + 20 * seconds + valid.length + (valid.length + 1);
    assert.ok(instance.reads.length <= most, `${instance.reads.length} reads`);
  });

  it("work within twenty seconds when they are made during a flood", async () => {
    const instance = startInstance();
    const flood = async (name: string) => {
      await Promise.allSettled(Array.from({ length: 600 }, (_, n) => instance.takes(`${name}-${n}`)));
      await instance.cache.settle();
    };
    await flood("first");
    await flood("second");
    await savePbxKey(db(), "new");
    assert.equal(await instance.takes("new"), false);
    instance.pass(20_000);
    await flood("third");
    assert.equal(await instance.takes("new"), true);
  });

  it("are put off, not refused, while a flood comes and the list of keys cannot be read", async () => {
    await savePbxKey(db(), "a");
    const instance = startInstance();
    const guess = async (name: string, count: number) => {
      await Promise.allSettled(Array.from({ length: count }, (_, n) => instance.takes(`${name}-${n}`)));
      await instance.cache.settle();
    };
    await guess("before", 200);
    instance.breakDatabase(true);
    await guess("down", 500);
    await assert.rejects(instance.takes("a"), TryAgain);
    assert.equal(instance.entries.filter(({ message }) => message === "pbx_keys_not_listed").length, 1);
    instance.breakDatabase(false);
    instance.pass(6000);
    await guess("again", 500);
    assert.equal(await instance.takes("a"), true);
  });

  it("log a flood of wrong ones once a second, with the number of requests", async () => {
    const instance = startInstance();
    const seconds = 3;
    for (let second = 0; second < seconds; second++) {
      await Promise.allSettled(Array.from({ length: 1000 }, (_, n) => instance.takes(`guess-${second}-${n}`)));
      instance.pass(1000);
    }
    await Promise.allSettled(Array.from({ length: 21 }, (_, n) => instance.takes(`last-${n}`)));
    const counted = instance.entries.map(({ message, severity, refused, putOff }) => {
      return { message, severity, count: Number(refused) + Number(putOff) };
    });
    assert.equal(counted.length, seconds + 1);
    assert.ok(counted.every(({ message, severity }) => `${message} ${severity}` === "unknown_keys_flood WARNING"));
    // All but the look-ups: 200 at once, and 20 a second.
    assert.equal(
      counted.reduce((sum, { count }) => sum + count, 0),
      1000 * seconds + 21 - 200 - 20 * seconds,
    );
  });

  it("are as old as the question: a late answer does not revive a revoked key", async () => {
    await savePbxKey(db(), "a");
    const instance = startInstance();
    assert.equal(await instance.takes("a"), true);
    instance.pass(31_000);
    const answers = instance.holdAnswers();
    assert.ok(await instance.cache.find("a"));
    await answers.sent();
    answers.letPass();
    await savePbxKey(db(), "a", { revokedAt: at(instance.now()) } as object);
    instance.pass(90_000);
    assert.equal(await instance.cache.find("a"), undefined);
    answers.release();
    assert.equal(await instance.takes("a"), false);
  });

  it("are not taken from an answer to a request that the instance slept through", async () => {
    await savePbxKey(db(), "a");
    const instance = startInstance();
    const answers = instance.holdAnswers();
    const asking = assert.rejects(instance.cache.find("a"), TryAgain);
    await answers.sent();
    await savePbxKey(db(), "a", { revokedAt: at(instance.now()) } as object);
    instance.pass(90_000);
    answers.release();
    answers.letPass();
    await asking;
    assert.equal(await instance.takes("a"), false);
  });

  it("are read again after six seconds without an answer", async () => {
    await savePbxKey(db(), "a");
    const instance = startInstance();
    const answers = instance.holdAnswers();
    const first = instance.cache.find("a");
    await answers.sent();
    answers.letPass();
    instance.pass(5999);
    const joined = instance.cache.find("a");
    assert.equal(instance.reads.length, 1);
    instance.pass(1);
    assert.equal(await instance.takes("a"), true);
    assert.equal(instance.reads.length, 2);
    answers.release();
    assert.ok((await first) && (await joined));
  });

  it("are looked up when the clock was set back, though they were unknown before", async () => {
    const instance = startInstance();
    assert.equal(await instance.takes("a"), false);
    await savePbxKey(db(), "a");
    instance.pass(-3_600_000);
    assert.equal(await instance.takes("a"), true);
  });

  it("are looked up again when they were unknown twenty seconds ago", async () => {
    const instance = startInstance();
    for (const [ms, reads] of [
      [0, 1],
      [19_999, 1],
      [1, 2],
    ] as const) {
      instance.pass(ms);
      assert.equal(await instance.takes("guess"), false);
      assert.equal(instance.reads.length, reads);
    }
  });

  it("end at the moment at which they expire", async () => {
    const instance = startInstance();
    await savePbxKey(db(), "a", { expiresAt: at(instance.now() + 5000) } as object);
    assert.equal(await instance.takes("a"), true);
    instance.pass(4999);
    assert.equal(await instance.takes("a"), true);
    instance.pass(1);
    assert.equal(await instance.takes("a"), false);
    assert.equal(instance.reads.length, 1);
  });

  it("remember no more than a thousand wrong ones", async () => {
    const instance = startInstance();
    for (let n = 0; n < 1100; n += 100) {
      instance.pass(5000);
      await Promise.all(Array.from({ length: 100 }, (_, k) => instance.takes(`guess-${n + k}`)));
    }
    assert.ok(instance.cache.size <= 1000, `${instance.cache.size}`);
  });

  it("record when they were last used, once an hour", async () => {
    await savePbxKey(db(), "a");
    const instance = startInstance();
    const lastUsed = async () => (await db().doc(pbxKeyPath("a")).get()).get("lastUsedAt")?.toMillis();
    assert.equal(await instance.takes("a"), true);
    await until(async () => (await lastUsed()) !== undefined);
    const first = await lastUsed();
    instance.pass(30 * 60_000);
    assert.equal(await instance.takes("a"), true);
    assert.equal(await lastUsed(), first);
    instance.pass(31 * 60_000);
    assert.equal(await instance.takes("a"), true);
    await until(async () => (await lastUsed()) > first);
  });
});
