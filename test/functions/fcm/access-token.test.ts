import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fixAccessToken, shareAccessToken } from "../../../functions/src/fcm/access-token.ts";
import { createTestClock } from "../../support/clock.ts";

const hourMs = 3_600_000;

/** A shared token; its issuer counts, and answers when the test says so. */
function setUp() {
  const clock = createTestClock();
  const errors: unknown[] = [];
  let fetches = 0;
  let gate: Promise<void> = Promise.resolve();
  const fetchToken = async () => {
    const value = `token-${++fetches}`;
    await gate;
    return { value, expiresAt: clock.now() + hourMs };
  };
  return {
    clock,
    errors,
    tokens: shareAccessToken({ fetchToken, clock, onError: (error) => errors.push(error) }),
    fetches: () => fetches,
    hold: (until: Promise<void>): void => {
      gate = until;
    },
  };
}

describe("the shared access token", () => {
  it("is fetched once for any number of concurrent sends", async () => {
    const { tokens, fetches } = setUp();
    const values = await Promise.all(Array.from({ length: 50 }, () => tokens.get(1000)));
    assert.deepEqual([...new Set(values)], ["token-1"]);
    assert.equal(fetches(), 1);
  });

  it("is replaced before it expires, while the old one still serves", async () => {
    const { tokens, clock, fetches } = setUp();
    await tokens.get(1000);
    clock.advance(hourMs - 120_000);
    assert.deepEqual(await Promise.all([tokens.get(1000), tokens.get(1000)]), ["token-1", "token-1"]);
    await new Promise(setImmediate);
    assert.equal(await tokens.get(1000), "token-2");
    assert.equal(fetches(), 2);
  });

  it("blocks sends once it has expired", async () => {
    const { tokens, clock } = setUp();
    await tokens.get(1000);
    clock.advance(hourMs);
    assert.equal(await tokens.get(1000), "token-2");
  });

  it("is fetched anew after FCM refused it, once for all refused sends", async () => {
    const { tokens, fetches } = setUp();
    await tokens.get(1000);
    const retried = await Promise.all(
      Array.from({ length: 20 }, async () => tokens.drop("token-1") && (await tokens.get(1000))),
    );
    assert.deepEqual([...new Set(retried)], ["token-2"]);
    assert.equal(fetches(), 2);
  });

  it("is not fetched again and again when FCM refuses each new one", async () => {
    const { tokens, clock } = setUp();
    await tokens.get(1000);
    assert.equal(tokens.drop("token-1"), true);
    await tokens.get(1000);
    assert.equal(tokens.drop("token-2"), false);
    clock.advance(60_000);
    assert.equal(tokens.drop("token-2"), true);
  });

  it("delays no send longer than its deadline", async () => {
    const { tokens, hold } = setUp();
    const { promise, resolve } = Promise.withResolvers<void>();
    hold(promise);
    assert.equal(await tokens.get(5), undefined);
    resolve();
    assert.equal(await tokens.get(1000), "token-1");
  });

  it("that cannot be fetched is logged, and fetched again by the next send", async () => {
    const { tokens, errors, hold } = setUp();
    const error = new Error("no route");
    hold(Promise.reject(error));
    assert.equal(await tokens.get(1000), undefined);
    assert.deepEqual(errors, [error]);
    hold(Promise.resolve());
    assert.equal(await tokens.get(1000), "token-2");
  });

  it("of the emulator is always the same", async () => {
    const tokens = fixAccessToken("owner");
    assert.equal(await tokens.get(0), "owner");
    assert.equal(tokens.drop("owner"), false);
  });
});
