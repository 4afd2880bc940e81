import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { withFailing } from "../../support/failing-services.ts";
import { until } from "../../support/until.ts";
import { requestPbx, startFunctions } from "../../support/functions.ts";
import { addLine, addPhone, call, devicePath, resetState } from "../../support/line.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(() => resetState(functions));

/** Creates many phones at once, as registering saves them. */
async function seedPhones(count: number): Promise<string[]> {
  const { db } = functions.services;
  const batch = db.batch();
  const tokens = Array.from({ length: count }, () => functions.fcm.createRegistration().token);
  for (const [index, value] of tokens.entries()) {
    const registration = { kind: "token", value };
    batch.set(db.doc(devicePath(`phone-${index}`)), {
      uid: "alice",
      deviceId: `phone-${index}`,
      extens: [],
      registration,
      audienceShard: "0",
    });
  }
  await batch.commit();
  return tokens;
}

describe("forgetting registrations", () => {
  it("forgets no device when the project id is wrong", async () => {
    await addLine(functions, 3);
    for (let send = 0; send < 3; send += 1) functions.fcm.addFault({ error_code: "NOT_FOUND", status: 404 });
    assert.equal((await functions.pbx("POST", "/calls", call)).status, 502);
    assert.equal((await functions.services.db.collection("devices").get()).size, 3);
  });

  it("trips its breaker when 60 of 100 come back unregistered", async () => {
    const tokens = await seedPhones(100);
    for (const token of tokens.slice(0, 60)) functions.fcm.setState(token, "uninstalled");
    const answer = await functions.pbx("POST", "/send-batch", { tokens, title: "a", body: "b" });
    assert.deepEqual([answer.body.success_count, answer.body.failure_count], [40, 60]);
    assert.equal((await functions.services.db.collection("devices").get()).size, 100);
    assert.ok(functions.logged.some((line) => line.includes("forget_breaker_tripped")));
  });

  const bounds: readonly [sent: number, dead: number, left: number][] = [
    [100, 30, 70],
    [100, 31, 100],
    [20, 7, 20],
    [19, 19, 0],
  ];
  for (const [sent, dead, left] of bounds) {
    it(`leaves ${left} of ${sent} when ${dead} are unregistered`, async () => {
      const tokens = await seedPhones(sent);
      for (const token of tokens.slice(0, dead)) functions.fcm.setState(token, "uninstalled");
      await functions.pbx("POST", "/send-batch", { tokens, title: "a", body: "b" });
      assert.equal((await functions.services.db.collection("devices").get()).size, left);
    });
  }

  it("takes the device out of the audience, too", async () => {
    const [gone] = await addLine(functions, 1);
    functions.fcm.setState(gone!, "uninstalled");
    await functions.pbx("POST", "/calls", call);
    const shards = await functions.services.db.collection("audience").get();
    assert.deepEqual(
      shards.docs.map((shard) => shard.get("devices")),
      [{}],
    );
  });

  it("does not turn an accepted push into a failure when it fails itself", async () => {
    const [token] = await addLine(functions, 1);
    const dead = functions.fcm.createRegistration().token;
    functions.fcm.setState(dead, "uninstalled");
    const url = await functions.servePbx(withFailing(functions, "collection:devices"));
    const answer = await requestPbx(url, "POST", "/send-batch", { tokens: [token, dead], title: "a", body: "b" });
    assert.deepEqual([answer.status, answer.body.success_count], [200, 1]);
  });

  it("keeps a device that has a new registration by the time the old one is reported dead", async () => {
    const [old] = await addLine(functions, 1);
    functions.fcm.addFault({ match: { token: old! }, error_code: "UNREGISTERED", delay_ms: 300 });
    const sends = functions.fcm.counters.sends;
    const answering = functions.pbx("POST", "/calls", call);
    await until(() => functions.fcm.counters.sends > sends);
    await addPhone(functions, "phone-1");
    await answering;
    assert.equal((await functions.services.db.doc(devicePath("phone-1")).get()).exists, true);
  });
});
