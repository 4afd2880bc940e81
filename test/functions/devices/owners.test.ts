import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import * as fc from "fast-check";
import { Timestamp } from "../../support/functions-admin-sdk.ts";
import { forgetDevices } from "../../../functions/src/devices/forget-devices.ts";
import { forgetDevice } from "../../../functions/src/devices/unregister-device.ts";
import { alice, bob, mallory, startFunctions } from "../../support/functions.ts";
import { pushesTo } from "../../support/line.ts";

const functions = await startFunctions({ AUDIENCE_SHARDS: "2" });
after(() => functions.close());

const { services } = functions;
const people = [alice, bob, mallory] as const;
const deviceIds = ["phone-1", "phone-2", "constructor"] as const;

/** A phone is one install at FCM: its index is its registration. */
type Phone = 0 | 1 | 2 | 3;
const phones = [0, 1, 2, 3] as const;

type Action =
  | { readonly kind: "register"; readonly uid: string; readonly deviceId: string; readonly phone: Phone }
  | { readonly kind: "unregister" | "forget"; readonly uid: string; readonly deviceId: string }
  | { readonly kind: "uninstalled"; readonly phone: Phone };

const uid = fc.constantFrom(...people.map((person) => person.uid));
const deviceId = fc.constantFrom(...deviceIds);
const phone = fc.constantFrom(...phones);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("register" as const), uid, deviceId, phone }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("unregister" as const, "forget" as const), uid, deviceId }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("uninstalled" as const), phone }) },
);

/** Actions that run at once, and those after them. */
const plans = fc.record({
  /** Devices of the first edition, by their ids: the documents that an upgraded project begins with. */
  old: fc.uniqueArray(fc.record({ uid, deviceId, phone }), {
    maxLength: 3,
    comparator: (one, other) => one.deviceId === other.deviceId || one.phone === other.phone,
  }),
  steps: fc.array(fc.array(action, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 }),
});

/** The model: which phone each device is. */
type Devices = ReadonlyMap<string, Phone>;

function nameOf(one: { readonly uid: string; readonly deviceId: string }): string {
  return `${one.uid} ${one.deviceId}`;
}

/** A phone rings for the user who registered it last; nothing else moves it. */
function apply(devices: Devices, step: Action): Devices {
  switch (step.kind) {
    case "register": {
      const others = [...devices].filter(([, held]) => held !== step.phone);
      return new Map([...others, [nameOf(step), step.phone] as const]);
    }
    case "unregister":
    case "forget":
      return new Map([...devices].filter(([name]) => name !== nameOf(step)));
    case "uninstalled":
      return new Map([...devices].filter(([, held]) => held !== step.phone));
  }
}

function* permute<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length === 0) yield [];
  for (const [index, first] of items.entries()) {
    for (const others of permute(items.toSpliced(index, 1))) yield [first, ...others];
  }
}

/** The devices and the audience as stored; fails unless they agree. */
async function readStored(registrations: readonly string[]): Promise<Devices> {
  const [devices, shards] = await Promise.all(
    ["devices", "audience"].map(async (name) => services.db.collection(name).get()),
  );
  const entries = shards!.docs.flatMap((shard) => Object.entries<any>(shard.get("devices") ?? {}));
  const packed = Object.fromEntries(entries.map(([id, { registration }]) => [id, registration.value]));
  assert.deepEqual(packed, Object.fromEntries(devices!.docs.map((doc) => [doc.id, doc.get("registration.value")])));
  return new Map(
    devices!.docs.map((doc) => {
      const name = nameOf({ uid: doc.get("uid"), deviceId: doc.get("deviceId") ?? doc.id });
      return [name, registrations.indexOf(doc.get("registration.value")) as Phone] as const;
    }),
  );
}

async function run(step: Action, tokens: readonly string[]): Promise<void> {
  const person = people.find((one) => "uid" in step && one.uid === step.uid);
  switch (step.kind) {
    case "register": {
      const registration = { kind: "token", value: tokens[step.phone] };
      const input = { deviceId: step.deviceId, platform: "android", registration };
      assert.equal((await functions.call("registerDevice", person, input)).status, 200);
      return;
    }
    case "unregister":
      assert.equal((await functions.call("unregisterDevice", person, { deviceId: step.deviceId })).status, 200);
      return;
    case "forget":
      await forgetDevice(services, step);
      return;
    case "uninstalled": {
      const dead = [{ registration: { kind: "token", value: tokens[step.phone] ?? "" } } as const];
      await forgetDevices(services, { sent: 1, dead });
    }
  }
}

/** Saves devices as the first edition did: the id of the document is the deviceId. */
async function saveOld(old: readonly { uid: string; deviceId: string; phone: Phone }[], tokens: readonly string[]) {
  const seen = Timestamp.now();
  for (const one of old) {
    const entry = { registration: { kind: "token", value: tokens[one.phone] }, platform: "android" };
    const device = { ...entry, uid: one.uid, extens: [extenOf(one.uid)], audienceShard: "0", stale: false };
    await services.db.doc(`devices/${one.deviceId}`).set({ ...device, createdAt: seen, lastSeenAt: seen });
    await services.db.doc("audience/0").set({ devices: { [one.deviceId]: entry } }, { merge: true });
  }
}

function extenOf(user: string): string {
  return `70${people.findIndex((person) => person.uid === user)}`;
}

let calls = 0;

/** Rings each user, and requires that exactly their phones ring and stop. */
async function ringAll(devices: Devices, tokens: readonly string[]): Promise<void> {
  for (const person of people) {
    functions.fcm.clearMessages();
    const call_id = `${(calls += 1)}.1`;
    await functions.pbx("POST", "/calls", { call_id, exten: extenOf(person.uid), ring_id: "r" });
    await functions.pbx("POST", `/calls/${call_id}/end`, { ring_id: "r" });
    const rung = phones.map((one) => pushesTo(functions, tokens[one]!).map(({ data }) => data.type));
    const own = new Set([...devices].filter(([name]) => name.startsWith(`${person.uid} `)).map(([, held]) => held));
    assert.deepEqual(
      rung,
      phones.map((one) => (own.has(one) ? ["incoming_call", "call_ended"] : [])),
      `${person.uid} ${JSON.stringify([...devices])}`,
    );
  }
}

describe("phones of several users that choose the same device ids", () => {
  it("ring for the user who registered them last", { timeout: 170_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(plans, async ({ old, steps }) => {
        await functions.clearDatabase();
        for (const person of people) await functions.pbx("PUT", `/lines/${extenOf(person.uid)}`, { uid: person.uid });
        const tokens = phones.map(() => functions.fcm.createRegistration().token);
        await saveOld(old, tokens);
        let devices: Devices = new Map(old.map((one) => [nameOf(one), one.phone]));
        for (const step of steps) {
          await Promise.all(step.map((one) => run(one, tokens)));
          const stored = await readStored(tokens);
          const wanted = [...permute(step)].map((order) => order.reduce(apply, devices));
          const sorted = (one: Devices) => JSON.stringify([...one].map(String).toSorted());
          assert.ok(
            wanted.some((one) => sorted(one) === sorted(stored)),
            `${JSON.stringify(step)} made ${sorted(stored)} of ${sorted(devices)}`,
          );
          devices = stored;
        }
        await ringAll(devices, tokens);
      }),
      { numRuns: 12 },
    );
  });
});
