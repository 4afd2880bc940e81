import assert from "node:assert/strict";
import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { after, describe, it, mock } from "node:test";
import * as fc from "fast-check";
import { routes } from "../../functions/src/pbx/all-routes.ts";
import { parsePbxKeys, scopes, type Scope } from "../../functions/src/keys/pbx-key.ts";
import { demoKey, demoKeyEntry, requestPbx, sha256, startFunctions } from "../support/functions.ts";
import { addLine, call, exten } from "../support/line.ts";
import { attack } from "./support/attack.ts";
import { requireIntactProcess } from "./support/intact-process.ts";
import { watchLog } from "./support/secrets.ts";

const functions = await startFunctions();
after(() => functions.close());
const log = watchLog(functions);

/** Serves the API with the keys of a secret; the keys' ids are `key-<n>`. */
async function serveTo(entries: readonly object[], trustedProxies = 1) {
  const pbxKeys = JSON.stringify(entries);
  const { services } = functions;
  return functions.servePbx({ ...services, config: { ...services.config, pbxKeys, trustedProxies } });
}

/** Serves the API with a clock that is `ms` milliseconds ahead. */
async function serveLater(ms: number) {
  const { services } = functions;
  return functions.servePbx({ ...services, clock: { ...services.clock, now: () => services.clock.now() + ms } });
}

/** Each route that has an exten, with this exten in its place. */
function requestsFor(number: string) {
  return routes.map(({ method, path, scope }) => {
    const target = path.replace("{exten}", encodeURIComponent(number)).replaceAll(/\{\w+\}/g, "none");
    const event = { Event: "Newchannel", Context: "trk", Exten: number, Linkedid: `k.${sha256(number)}` };
    const bodies: Record<string, object> = {
      "/calls": { call_id: `k.${sha256(number)}`, exten: number },
      "/calls/{call_id}/end": { exten: number },
      "/events": { type: 3, data: event },
      "/pushes": { target: { exten: number }, title: "a" },
      "/send": { fcm_token: "nobody", title: "a", body: "b" },
      "/send-batch": { tokens: ["nobody"], title: "a", body: "b" },
      "/lines/{exten}": { uid: "carol" },
    };
    const hasBody = method === "post" || method === "put";
    return { method: method.toUpperCase(), path, target, scope, body: hasBody ? (bodies[path] ?? {}) : undefined };
  });
}

async function statusOf(
  url: string,
  key: string,
  { method, target, body }: ReturnType<typeof requestsFor>[number],
  forwarded = "",
) {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", "x-forwarded-for": forwarded };
  return (await requestPbx(url, method, target, body, { headers })).status;
}

describe("the reach of a key", () => {
  it("is exactly the routes of its scopes", async () => {
    const subsets = [[], ...fc.sample(fc.subarray([...scopes]), { numRuns: 12, seed: 1 }), [...scopes]];
    const url = await serveTo(
      subsets.map((granted, n) => ({ id: `p${n}`, sha256: sha256(`key-${n}`), scopes: granted })),
    );
    for (const [n, granted] of subsets.entries()) {
      for (const request of requestsFor("0701")) {
        const isGranted = (granted as readonly Scope[]).includes(request.scope);
        const status = await statusOf(url, `key-${n}`, request);
        assert.equal(status !== 403, isGranted, `${request.method} ${request.path} with ${granted.join()}: ${status}`);
      }
    }
  });

  const reach: Readonly<Record<string, (number: string) => boolean>> = {
    "070*": (number) => number.startsWith("070"),
    "*": () => true,
    "0701": (number) => number === "0701",
    "+82*": (number) => number.startsWith("+82"),
    "\\*": (number) => number === "*",
    "\\*98*": (number) => number.startsWith("*98"),
  };
  const numbers = ["0701", "0702", "+8210", "10701", "0", "*", "*98#", "0".repeat(32)];
  const others = requestsFor("9999");

  for (const [pattern, reaches] of Object.entries(reach)) {
    it(`is exactly the extens of ${pattern}, on every route that names one`, async () => {
      const url = await serveTo([{ ...demoKeyEntry, extens: [pattern] }]);
      for (const number of numbers) {
        for (const [n, request] of requestsFor(number).entries()) {
          const namesExten = JSON.stringify(request) !== JSON.stringify(others[n]);
          if (!namesExten) continue;
          // An event whose exten is no number is an outgoing call's, and is ignored.
          if (request.path === "/events" && !/^\+?\d+$/.test(number)) continue;
          const status = await statusOf(url, demoKey, request);
          assert.equal(status !== 403, reaches(number), `${request.method} ${request.path} ${number}: ${status}`);
        }
      }
    });
  }

  for (const [pattern, reaches] of Object.entries(reach)) {
    it(`is exactly the rings of the extens of ${pattern}, whatever names them`, async () => {
      const limited = await serveTo([{ ...demoKeyEntry, extens: [pattern] }]);
      for (const number of numbers) {
        const call_id = `reach.${sha256(pattern + number).slice(0, 12)}`;
        const names = { ring_id: `${call_id}-1` };
        const isReached = reaches(number);
        await functions.pbx("POST", "/calls", { call_id, ...names, exten: number });
        for (const query of ["", `?ring_id=${names.ring_id}`, `?exten=${encodeURIComponent(number)}`]) {
          const { status } = await requestPbx(limited, "GET", `/calls/${call_id}${query}`);
          assert.equal(status, isReached ? 200 : 403, `GET ${number} ${query}`);
        }
        for (const body of [names, { ...names, exten: number }, {}, { reason: "answered_elsewhere" }]) {
          const { status } = await requestPbx(limited, "POST", `/calls/${call_id}/end`, body);
          assert.equal(status, isReached ? 200 : 403, `end ${number} ${JSON.stringify(body)}`);
        }
        // The end of a future ring closes it only within the key's extens.
        const next = { ring_id: `${call_id}-2` };
        const early = { call_id: `${call_id}.next`, ...next };
        await requestPbx(limited, "POST", `/calls/${early.call_id}/end`, next);
        const { text } = await functions.pbx("POST", "/calls?format=text", { ...early, exten: number });
        assert.equal(text.trim() === "ENDED", isReached, `${number} after an early end: ${text}`);
      }
    });
  }

  it("does not include an address that a client wrote in front of our proxies'", async (test) => {
    const allowed = "203.0.113.7";
    const urls = await Promise.all(
      [0, 1, 2, 3].map(async (proxies) => serveTo([{ ...demoKeyEntry, ips: [allowed] }], proxies)),
    );
    const hops = fc.constantFrom(
      allowed,
      "198.51.100.1",
      "::1",
      `::ffff:${allowed}`,
      "",
      "x",
      `${allowed}:80`,
      "unknown",
    );
    const chains = fc.tuple(fc.nat(3), fc.array(hops, { maxLength: 4 }), fc.nat(routes.length - 1));
    await attack(test, 300, chains, async ([proxies, chain, nth]) => {
      // The address that the outermost trusted proxy has seen; without one, ours, which is not allowed.
      const seen = proxies === 0 || chain.length < proxies ? "127.0.0.1" : (chain.at(-proxies) ?? "");
      const isAllowed = seen === allowed || seen === `::ffff:${allowed}`;
      const request = requestsFor("0701")[nth]!;
      const status = await statusOf(urls[proxies]!, demoKey, request, chain.join(", "));
      assert.equal(status !== 403, isAllowed, `${chain.join()} before ${proxies} proxies: ${status}`);
    });
  });
});

describe("the comparison of keys", () => {
  const secret = JSON.stringify([0, 1, 2, 3].map((n) => ({ id: `p${n}`, sha256: sha256(`key-${n}`) })));
  const bearers = ["key-0", "key-3", "key-2", "wrong", "", "k".repeat(512)];

  /**
   * Measuring time would need a million samples and prove little. The test shows that only crypto.timingSafeEqual decides in
   * `find`: it is called for every key, on digests of one length, and when it returns false, access is denied.
   */
  function compareWith(answer: ((one: Uint8Array, other: Uint8Array) => boolean) | undefined) {
    const comparison = mock.method(crypto, "timingSafeEqual", ...(answer === undefined ? [] : [answer as never]));
    syncBuiltinESMExports();
    try {
      const keys = parsePbxKeys(secret);
      return bearers.map((bearer) => {
        comparison.mock.resetCalls();
        const id = keys.find(bearer)?.id;
        return {
          id,
          lengths: comparison.mock.calls.map(({ arguments: [one, other] }) => [one.byteLength, other.byteLength]),
        };
      });
    } finally {
      comparison.mock.restore();
      syncBuiltinESMExports();
    }
  }

  it("takes the same steps whichever key is sent, and when none matches", () => {
    const found = compareWith(undefined);
    assert.deepEqual(
      found.map(({ id }) => id),
      ["p0", "p3", "p2", undefined, undefined, undefined],
    );
    for (const { lengths } of found)
      assert.deepEqual(
        lengths,
        [1, 2, 3, 4].map(() => [32, 32]),
      );
  });

  it("depends on timingSafeEqual and nothing else", () => {
    assert.deepEqual(
      compareWith(() => false).map(({ id }) => id),
      bearers.map(() => undefined),
    );
    assert.deepEqual(
      compareWith(() => true).map(({ id }) => id),
      bearers.map(() => "p0"),
    );
  });
});

describe("a recorded request that is sent again", () => {
  it("pushes nothing, however often, at once or later", async () => {
    await addLine(functions, 2);
    const first = await functions.pbx("POST", "/calls", { ...call, call_id: "replayed.1" });
    assert.equal(first.body.accepted, 2);
    const pushed = functions.fcm.counters.sends;
    const replays = Array.from({ length: 20 }, async () =>
      functions.pbx("POST", "/calls", { ...call, call_id: "replayed.1" }),
    );
    for (const { status, body } of await Promise.all(replays)) assert.deepEqual([status, body.accepted], [200, 2]);
    const event = { type: 3, data: { Event: "Newchannel", Context: "trk", Exten: exten, Linkedid: "replayed.1" } };
    assert.equal((await functions.pbx("POST", "/events", event)).status, 200);
    assert.equal(functions.fcm.counters.sends, pushed);
  });

  it("pushes nothing by a ring's name, however long ago that ring ended", async () => {
    const named = { ...call, call_id: "replayed.2", ring_id: "replayed.2-1" };
    assert.equal((await functions.pbx("POST", "/calls", named)).body.accepted, 2);
    await functions.pbx("POST", "/calls/replayed.2/end", { ring_id: named.ring_id });
    const pushed = functions.fcm.counters.sends;
    const hourLater = await serveLater(60 * 60_000);
    for (const url of [functions.urls.pbx, hourLater]) {
      const { status, body } = await requestPbx(url, "POST", "/calls", named);
      assert.deepEqual([status, body.status], [200, "notified"]);
      assert.equal((await requestPbx(url, "POST", "/calls/replayed.2/end", { ring_id: named.ring_id })).status, 200);
    }
    const event = { Event: "Newchannel", Context: "trk", Exten: exten, Linkedid: "replayed.2" };
    const again = { type: 3, data: { ...event, Uniqueid: named.ring_id } };
    assert.equal((await requestPbx(hourLater, "POST", "/events", again)).status, 200);
    assert.equal(functions.fcm.counters.sends, pushed);
  });

  it("rings no phone when its call has ended", async () => {
    await functions.pbx("POST", "/calls/replayed.1/end", {});
    const pushed = functions.fcm.counters.sends;
    await functions.pbx("POST", "/calls", { ...call, call_id: "replayed.1" });
    assert.equal((await functions.pbx("POST", "/calls/replayed.1/end", {})).body.notified, 0);
    assert.equal(functions.fcm.counters.sends, pushed);
  });

  it("has logged no key and no caller, and leaves the process intact", () => {
    log.look(demoKey, "key-0", call.caller_id, call.caller_name);
    requireIntactProcess();
  });
});
