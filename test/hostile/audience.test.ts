import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import * as fc from "fast-check";
import { buildDeviceDocId } from "../../functions/src/devices/device.ts";
import { alice, bob, startFunctions } from "../support/functions.ts";
import { pushesTo } from "../support/line.ts";
import { attack, runsOf } from "./support/attack.ts";
import { requireIntactProcess } from "./support/intact-process.ts";
import { secret, watchLog } from "./support/secrets.ts";

const functions = await startFunctions({ AUDIENCE_SHARDS: "4", CAMPAIGN_RAMP_SECONDS: "0" });
await functions.deliverMessages();
after(() => functions.close());
const log = watchLog(functions);

const oddIds = [
  "constructor",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "__proto",
  "proto__",
  "_",
  "-",
  ":",
  "a.b",
  "a..b",
  "0",
  "-1",
];
const deviceIds = fc.oneof(
  fc.constantFrom(...oddIds, "1".repeat(128), "a:b:c", "1e3", "devices", "registration.value", "then", "length"),
  fc.stringMatching(/^[A-Za-z0-9_:-][A-Za-z0-9._:-]{0,20}$/).filter((id) => !/^__.*__/.test(id)),
);
const anyValue = fc.oneof(
  fc.stringMatching(/^[!-~]{1,30}$/).map((text) => `at-fcm-${secret}${text}`),
  fc.constantFrom(
    `../../${secret}`,
    `{"a":"${secret}"}`,
    `%00%0a-${secret}`,
    `'";)(\\\`-${secret}`,
    `${secret}${"t".repeat(1000)}`,
  ),
);
const devices = fc.record({
  deviceId: deviceIds,
  platform: fc.constantFrom("android", "ios", "web"),
  /** Whether FCM knows the app; a message to an unknown one has no valid target. */
  isReal: fc.boolean(),
  value: anyValue,
  kind: fc.constantFrom("token", "fid"),
  appVersion: fc.oneof(
    fc.constantFrom(null, "", "💣", "\u202e", "a\u0000b"),
    fc.string({ unit: "binary", maxLength: 64 }),
  ),
  locale: fc.oneof(fc.constantFrom(null, "", "__proto__"), fc.string({ unit: "binary", maxLength: 35 })),
  person: fc.constantFrom(alice, bob),
});

let minutes = 0;

/** Runs the half-hourly campaign for a due time of its own; returns the run when it is done. */
async function sweep(): Promise<Record<string, any>> {
  minutes += 30;
  const at = new Date(Math.floor(Date.now() / 1000) * 1000 + minutes * 60_000);
  assert.equal((await functions.runSchedule("saveLocation", at)).status, 200);
  const ref = functions.services.db.doc(`campaignRuns/saveLocation~${at.toISOString()}`);
  const done = Promise.withResolvers<Record<string, any>>();
  const stop = ref.onSnapshot((run) => {
    if (run.get("state") === "done") done.resolve(run.data() ?? {});
  }, done.reject);
  const run = await done.promise;
  stop();
  await functions.settleMessages();
  return run;
}

/** The audience's entries by the ids of the devices' documents. */
async function readAudience(): Promise<Map<string, any>> {
  const shards = await functions.services.db.collection("audience").get();
  return new Map(shards.docs.flatMap((shard) => Object.entries(shard.get("devices") as object)));
}

/** Calls Alice: each of her phones that FCM knows gets the push, and the PBX gets their number. */
async function ring(tokens: ReadonlyMap<string, string>): Promise<void> {
  await functions.pbx("PUT", "/lines/0701", { uid: alice.uid });
  const phones = await functions.services.db.collection("devices").where("uid", "==", alice.uid).get();
  const reachable = phones.docs.filter(({ id }) => tokens.has(id)).map(({ id }) => tokens.get(id) ?? "");
  functions.fcm.clearMessages();
  const { body } = await functions.pbx("POST", "/calls", { call_id: `odd.${minutes}`, exten: "0701" });
  assert.equal(body.accepted ?? 0, reachable.length, JSON.stringify(body));
  for (const token of reachable) assert.equal(pushesTo(functions, token).length, 1);
}

let registered = 0;

describe("an audience of odd devices", () => {
  it("is swept whole: every app that FCM knows gets the campaign once, whatever the other entries contain", async (test) => {
    await attack(test, 30, fc.array(devices, { minLength: 5, maxLength: 25 }), async (fleet) => {
      await functions.clearDatabase();
      functions.fcm.clearMessages();
      const tokens = new Map<string, string>();
      for (const { isReal, value, kind, person, ...device } of fleet) {
        const real = isReal ? functions.fcm.createRegistration({ platform: device.platform as "android" }) : undefined;
        const registration = real === undefined ? { kind, value } : { kind: "token", value: real.token };
        const answer = await functions.call("registerDevice", person, { ...device, registration });
        assert.ok(answer.status === 200 || answer.status === 400, answer.text);
        registered += 1;
        if (answer.status === 400) continue;
        const id = buildDeviceDocId({ uid: person.uid, deviceId: device.deviceId });
        tokens.delete(id);
        if (real !== undefined) tokens.set(id, real.token);
      }
      const before = await readAudience();
      const { counts } = await sweep();
      const swept = counts.accepted + counts.unregistered + counts.failed + counts.skipped;
      assert.equal(swept, before.size, JSON.stringify(counts));
      for (const [id, token] of tokens) {
        // A user keeps twenty phones: the one unseen for longest was dropped.
        if (before.has(id)) assert.equal(pushesTo(functions, token).length, 1, id);
      }
      assert.equal(counts.accepted, [...tokens.keys()].filter((id) => before.has(id)).length);
      await ring(tokens);
      log.look();
    });
    test.diagnostic(`${registered} devices in ${runsOf(30)} sweeps`);
  });

  it("leaves the process intact", () => {
    requireIntactProcess();
  });
});
