import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, describe, it } from "node:test";
import * as fc from "fast-check";
import { routes } from "../../functions/src/pbx/all-routes.ts";
import { scopes, type Scope } from "../../functions/src/keys/pbx-key.ts";
import { savePbxKey } from "../../harness/pbx-keys.ts";
import { demoKey, requestPbx, startFunctions, type TestKeys } from "../support/functions.ts";
import { addLine, call, exten } from "../support/line.ts";
import { attack } from "./support/attack.ts";
import { requireIntactProcess } from "./support/intact-process.ts";
import { watchLog } from "./support/secrets.ts";

const functions = await startFunctions();
after(() => functions.close());
const log = watchLog(functions);

/** Serves the API, by an instance that knows no key yet, after these keys were stored. */
async function serveTo(keys: TestKeys, trustedProxies = 1) {
  const { services } = functions;
  for (const [key, grant] of Object.entries(keys)) await savePbxKey(services.db, key, grant);
  // A key with `ips` is refused where a client could write its own address.
  const config = { ...services.config, trustedProxies, ingressClosed: true };
  return functions.servePbx({ ...services, config });
}

const as = (key: string) => ({ headers: { authorization: `Bearer ${key}`, "content-type": "application/json" } });

/** A short name for any text. */
const shorten = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 12);

/** Serves the API with a clock that is `ms` milliseconds ahead. */
async function serveLater(ms: number) {
  const { services } = functions;
  return functions.servePbx({ ...services, clock: { ...services.clock, now: () => services.clock.now() + ms } });
}

/** Each route that has an exten, with this exten in its place. */
function requestsFor(number: string) {
  return routes.map(({ method, path, scope }) => {
    const target = path.replace("{exten}", encodeURIComponent(number)).replaceAll(/\{\w+\}/g, "none");
    const event = { Event: "Newchannel", Context: "trk", Exten: number, Linkedid: `k.${shorten(number)}` };
    const bodies: Record<string, object> = {
      "/calls": { call_id: `k.${shorten(number)}`, exten: number },
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
    const subsets = [...fc.sample(fc.subarray([...scopes], { minLength: 1 }), { numRuns: 12, seed: 1 }), [...scopes]];
    const url = await serveTo(
      Object.fromEntries(subsets.map((granted, n) => [`key-${n}`, { pbxId: `p${n}`, scopes: granted }])),
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
      const url = await serveTo({ limited: { extens: [pattern] } });
      for (const number of numbers) {
        for (const [n, request] of requestsFor(number).entries()) {
          const namesExten = JSON.stringify(request) !== JSON.stringify(others[n]);
          if (!namesExten) continue;
          // An event whose exten is no number is an outgoing call's, and is ignored.
          if (request.path === "/events" && !/^\+?\d+$/.test(number)) continue;
          const status = await statusOf(url, "limited", request);
          assert.equal(status !== 403, reaches(number), `${request.method} ${request.path} ${number}: ${status}`);
        }
      }
    });
  }

  for (const [pattern, reaches] of Object.entries(reach)) {
    it(`is exactly the rings of the extens of ${pattern}, whatever names them`, async () => {
      const limited = await serveTo({ limited: { extens: [pattern] } });
      const ask = async (method: string, path: string, body?: object) =>
        requestPbx(limited, method, path, body && JSON.stringify(body), as("limited"));
      for (const number of numbers) {
        const call_id = `reach.${shorten(pattern + number)}`;
        const names = { ring_id: `${call_id}-1` };
        const isReached = reaches(number);
        await functions.pbx("POST", "/calls", { call_id, ...names, exten: number });
        for (const query of ["", `?ring_id=${names.ring_id}`, `?exten=${encodeURIComponent(number)}`]) {
          const { status } = await ask("GET", `/calls/${call_id}${query}`);
          assert.equal(status, isReached ? 200 : 403, `GET ${number} ${query}`);
        }
        for (const body of [names, { ...names, exten: number }, {}, { reason: "answered_elsewhere" }]) {
          const { status } = await ask("POST", `/calls/${call_id}/end`, body);
          assert.equal(status, isReached ? 200 : 403, `end ${number} ${JSON.stringify(body)}`);
        }
        // The end of a future ring closes it only within the key's extens.
        const next = { ring_id: `${call_id}-2` };
        const early = { call_id: `${call_id}.next`, ...next };
        await ask("POST", `/calls/${early.call_id}/end`, next);
        const { text } = await functions.pbx("POST", "/calls?format=text", { ...early, exten: number });
        assert.equal(text.trim() === "ENDED", isReached, `${number} after an early end: ${text}`);
      }
    });
  }

  it("does not include an address that a client wrote in front of our proxies'", async (test) => {
    const allowed = "203.0.113.7";
    const urls = await Promise.all(
      [0, 1, 2, 3].map(async (proxies) => serveTo({ placed: { ips: [allowed] } }, proxies)),
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
      const status = await statusOf(urls[proxies]!, "placed", request, chain.join(", "));
      assert.equal(status !== 403, isAllowed, `${chain.join()} before ${proxies} proxies: ${status}`);
    });
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
