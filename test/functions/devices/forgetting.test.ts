import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { forgetDevices } from "../../../functions/src/devices/forget-devices.ts";
import { startFunctions } from "../../support/functions.ts";
import { startCountingFirestore } from "../../support/counting-firestore.ts";
import { readDevices, readEntries, register, registrationOf, seedDevices } from "./seed-devices.ts";
import { startWithin, withTransactions } from "./interleave.ts";

const firestore = await startCountingFirestore();
const functions = await startFunctions({ AUDIENCE_SHARDS: "4", FIRESTORE_EMULATOR_HOST: firestore.host });
after(async () => {
  await functions.close();
  await firestore.close();
});

const { services } = functions;
const { db } = services;
beforeEach(() => firestore.clearDocuments());

/** A campaign's forget requests: it has the ids of the documents, and the shard, from the audience. */
async function requestsById(deviceIds: readonly string[]) {
  const devices = await readDevices(db);
  return {
    sent: 10_000,
    dead: deviceIds.map((deviceId) => ({ registration: registrationOf(deviceId), device: devices.get(deviceId)! })),
  };
}

/** A PBX's forget requests, which have only tokens. */
function requestsByToken(deviceIds: readonly string[]) {
  return { sent: 10_000, dead: deviceIds.map((deviceId) => ({ registration: registrationOf(deviceId) })) };
}

describe("forgetting many registrations at once", () => {
  it("takes two transactions, and one write per audience document, for a hundred", async () => {
    const deviceIds = await seedDevices(services, 300, () => ({}), 1);
    const requests = await requestsById(deviceIds);
    firestore.clearCounts();
    let transactions = 0;
    const counted = withTransactions(services, {
      before: () => {
        transactions += 1;
      },
    });
    await forgetDevices({ ...counted, config: { ...services.config, audienceShards: 1 } }, requests);
    assert.equal(transactions, 6);
    assert.deepEqual(firestore.billed, {
      devices: { reads: 600, writes: 0, deletes: 300 },
      users: { reads: 300, writes: 0, deletes: 0 },
      audience: { reads: 0, writes: 3, deletes: 0 },
    });
    assert.deepEqual([(await readDevices(db)).size, await readEntries(db)], [0, []]);
  });

  it("changes at most seven audience documents in a transaction, since Firestore counts them whole", async () => {
    const many = { ...services, config: { ...services.config, audienceShards: 100 } };
    const deviceIds = await seedDevices(many, 90);
    const requests = await requestsById(deviceIds);
    const changed: number[] = [];
    const written = () => (firestore.billed["audience"]?.writes ?? 0) - changed.reduce((sum, one) => sum + one, 0);
    firestore.clearCounts();
    const counted = withTransactions(many, { before: () => void changed.push(written()) });
    await forgetDevices(counted, requests);
    changed.push(written());
    assert.ok(Math.max(...changed) <= 7, String(changed));
    assert.equal((await readDevices(db)).size, 0);
  });

  it("finds the devices of registrations without a device id, thirty in a query", async () => {
    const deviceIds = await seedDevices(services, 70);
    firestore.clearCounts();
    await forgetDevices(services, requestsByToken(deviceIds.slice(0, 61)));
    assert.equal(firestore.queries(), 3);
    assert.deepEqual([...(await readDevices(db)).keys()], deviceIds.slice(61));
    assert.equal((await readEntries(db)).length, 9);
  });

  it("keeps devices that have a new registration, and forgets the others", async () => {
    const deviceIds = await seedDevices(services, 20);
    const requests = await requestsById(deviceIds);
    await register(services, "d-0003", { generation: 2 });
    await forgetDevices(services, requests);
    await forgetDevices(services, requestsByToken(deviceIds));
    assert.deepEqual([...(await readDevices(db)).keys()], ["d-0003"]);
    assert.deepEqual(
      (await readEntries(db)).map(({ registration }) => registration),
      [registrationOf("d-0003", 2)],
    );
  });

  it("keeps a device that registers anew while it is being forgotten", async () => {
    const deviceIds = await seedDevices(services, 5);
    const registering = startWithin(services, () => register(services, "d-0003", { generation: 2 }));
    await forgetDevices(registering.services, await requestsById(deviceIds));
    await registering.finish();
    assert.deepEqual([...(await readDevices(db)).keys()], ["d-0003"]);
    assert.deepEqual(
      (await readEntries(db)).map(({ registration }) => registration),
      [registrationOf("d-0003", 2)],
    );
  });

  it("keeps a registration of the other kind with the same text", async () => {
    await seedDevices(services, 1);
    const { value } = registrationOf("d-0000");
    await forgetDevices(services, { sent: 1, dead: [{ registration: { kind: "fid", value } }] });
    assert.equal((await readDevices(db)).size, 1);
  });

  it("goes on when a group fails, and reports that", async () => {
    const deviceIds = await seedDevices(services, 250, () => ({}), 1);
    const before = functions.logged.length;
    const interrupted = withTransactions(services, {
      before: (index) => {
        // The first changes the audience for the first hundred.
        if (index === 2) throw new Error("14 UNAVAILABLE");
      },
    });
    await forgetDevices(interrupted, await requestsById(deviceIds));
    const left = (await readDevices(db)).size;
    assert.ok(left > 0 && left <= 100, String(left));
    assert.equal((await readEntries(db)).length, left);
    const lines = functions.logged.slice(before).filter((line) => line.includes("forget_failed"));
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /14 UNAVAILABLE/);
  });

  it("logs each forgotten device, with its registration shortened", async () => {
    const deviceIds = await seedDevices(services, 3);
    await register(services, "d-0001", { generation: 2 });
    const before = functions.logged.length;
    await forgetDevices(services, await requestsById(deviceIds));
    const lines = functions.logged.slice(before);
    const forgotten = lines.map((line) => JSON.parse(line) as Record<string, string>);
    assert.deepEqual(
      new Set(forgotten.map(({ message, deviceId, registration }) => `${message} ${deviceId} ${registration}`)),
      new Set(["device_forgotten d-0000 token:registra…", "device_forgotten d-0002 token:registra…"]),
    );
    assert.doesNotMatch(lines.join("\n"), /registration-1-of/);
  });
});
