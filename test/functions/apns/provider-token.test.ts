import assert from "node:assert/strict";
import { generateKeyPairSync, verify } from "node:crypto";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { createApnsClient } from "../../../functions/src/apns/client.ts";
import { createProviderTokens, roundIssueTime } from "../../../functions/src/apns/provider-token.ts";
import { Misconfigured } from "../../../functions/src/errors.ts";
import { createTestClock, type TestClock } from "../../support/clock.ts";
import { createKey } from "./scripted-apns.ts";

const minute = 60_000;
const key = createKey();

/** Tokens of an instance that starts at `now`. */
function start(now: number) {
  const clock = createTestClock(now);
  return { clock, tokens: createProviderTokens({ teamId: "TEAM000001", keyId: "KEY0000001", key: key.text, clock }) };
}

function decode(part = ""): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, "base64url").toString());
}

/** When a token was issued, in milliseconds since the epoch. */
function issueTimeOf(token: string): number {
  return Number(decode(token.split(".")[1])["iat"]) * 1000;
}

function ageOf(token: string, clock: TestClock): number {
  return clock.now() - issueTimeOf(token);
}

const times = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2040, 0, 1) });
const halfPast = Date.UTC(2026, 10, 2, 10, 30);

describe("a provider token", () => {
  it("names the team, the key and a time, and is signed with ES256", () => {
    const { tokens, clock } = start(halfPast + 7 * minute);
    const [header, claims, signature = ""] = tokens.get().split(".");
    assert.deepEqual(decode(header), { alg: "ES256", kid: "KEY0000001" });
    assert.deepEqual(decode(claims), { iss: "TEAM000001", iat: halfPast / 1000 });
    assert.equal(Buffer.from(signature, "base64url").length, 64);
    const ieee = { key: key.publicKey, dsaEncoding: "ieee-p1363" } as const;
    assert.ok(verify("sha256", Buffer.from(`${header}.${claims}`), ieee, Buffer.from(signature, "base64url")));
    assert.equal(ageOf(tokens.get(), clock), 7 * minute);
  });

  it("is between 5 and 35 minutes old, and issued at a full half hour", () => {
    fc.assert(
      fc.property(times, (now) => {
        const issuedAt = roundIssueTime(now);
        assert.equal(issuedAt % (30 * minute), 0);
        assert.ok(now - issuedAt >= 5 * minute && now - issuedAt < 35 * minute);
      }),
    );
  });

  it("is not from the future for APNs, nor too old, when the clock is wrong by up to five minutes", () => {
    fc.assert(
      fc.property(times, fc.integer({ min: -5 * minute, max: 5 * minute }), (now, error) => {
        const age = now - roundIssueTime(now + error);
        assert.ok(age >= 0 && age <= 40 * minute);
      }),
    );
  });

  it("has one time in all instances, whenever they started", () => {
    const starts = fc.array(fc.integer({ min: 0, max: 48 * 60 * minute }), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(times, starts, (now, ages) => {
        const issued = ages.map((age) => {
          const { tokens, clock } = start(now - age);
          tokens.get();
          clock.advance(age);
          return issueTimeOf(tokens.get());
        });
        assert.deepEqual(new Set(issued), new Set([roundIssueTime(now)]));
      }),
      { numRuns: 50 },
    );
  });

  it("is signed once for each half hour", () => {
    const { tokens, clock } = start(halfPast);
    const seen = new Set<string>();
    for (let passed = 0; passed < 120; passed++, clock.advance(minute)) seen.add(tokens.get());
    assert.equal(seen.size, 5);
  });

  it("is left when it is from the future because the clock was set back", () => {
    const { tokens, clock } = start(halfPast);
    tokens.get();
    clock.advance(-6 * 60 * minute);
    assert.equal(issueTimeOf(tokens.get()), roundIssueTime(clock.now()));
  });
});

describe("a provider token that APNs calls expired", () => {
  it("is replaced by one of this moment, once for all sends that met the answer", () => {
    const { tokens, clock } = start(halfPast + 12 * minute);
    const old = tokens.get();
    assert.deepEqual([tokens.renew(old), tokens.renew(old)], [true, true]);
    assert.equal(ageOf(tokens.get(), clock), 0);
    assert.notEqual(tokens.get(), old);
  });

  it("is not replaced again and again", () => {
    const { tokens, clock } = start(halfPast);
    tokens.renew(tokens.get());
    assert.equal(tokens.renew(tokens.get()), false);
    clock.advance(20 * minute);
    assert.equal(tokens.renew(tokens.get()), true);
  });

  it("has a successor that is kept for twenty minutes, and never grows old", () => {
    fc.assert(
      fc.property(times, (now) => {
        const { tokens, clock } = start(now);
        tokens.renew(tokens.get());
        const fresh = tokens.get();
        for (let passed = 0; passed < 90; passed++, clock.advance(minute)) {
          if (passed < 20) assert.equal(tokens.get(), fresh);
          // Tokens have whole seconds.
          assert.ok(ageOf(tokens.get(), clock) <= 35 * minute + 999);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe("a provider token that APNs calls one too many", () => {
  /** An instance that has just changed its token. */
  function change() {
    const { tokens, clock } = start(halfPast + 4 * minute);
    const older = tokens.get();
    clock.advance(minute);
    return { tokens, clock, older, newer: tokens.get() };
  }

  it("gives way to the one before it, for twenty minutes", () => {
    const { tokens, clock, older, newer } = change();
    assert.notEqual(newer, older);
    assert.deepEqual([tokens.hold(newer), tokens.hold(newer)], [true, true]);
    clock.advance(20 * minute - 1);
    assert.equal(tokens.get(), older);
    clock.advance(1);
    assert.notEqual(tokens.get(), older);
  });

  it("stays when there is none before it", () => {
    const { tokens, clock } = start(halfPast + 30 * minute);
    const only = tokens.get();
    assert.equal(tokens.hold(only), false);
    clock.advance(19 * minute);
    assert.equal(tokens.get(), only);
  });

  it("stays when the one before it is too old or was called expired", () => {
    const { tokens, clock, newer } = change();
    clock.advance(20 * minute);
    assert.equal(tokens.hold(newer), false);
    const other = change();
    other.tokens.renew(other.newer);
    assert.equal(other.tokens.hold(other.tokens.get()), false);
  });

  it("is never used for more than 55 minutes", () => {
    fc.assert(
      fc.property(times, fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 20 }), (now, waits) => {
        const { tokens, clock } = start(now);
        for (const wait of waits) {
          tokens.hold(tokens.get());
          clock.advance(wait * minute);
          assert.ok(ageOf(tokens.get(), clock) <= 55 * minute);
        }
      }),
    );
  });
});

describe("a wrong APNs key", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" });
  const wrong: readonly (readonly [string, string])[] = [
    ["no key at all", "secret-that-is-no-key"],
    ["an empty text", ""],
    ["a key that is cut off", key.text.slice(0, 100)],
    ["a public key", key.publicKey.export({ type: "spki", format: "pem" }).toString()],
    ["a key of another curve", createKey("P-384").text],
    ["an RSA key", rsa.toString()],
  ];
  for (const [what, text] of wrong) {
    it(`is an error of the setting that does not show it: ${what}`, () => {
      const create = () => createApnsClient({ teamId: "TEAM000001", keyId: "KEY0000001", key: text });
      assert.throws(create, (error: Error) => {
        assert.ok(error instanceof Misconfigured);
        assert.match(error.message, /^The APNs key must be /);
        assert.equal(error.cause, undefined);
        return text === "" || !`${error.stack}`.includes(text.slice(0, 60));
      });
    });
  }
});
