import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { probePbxId } from "../../functions/src/probe/probe-phones.ts";
import { startFunctions } from "../support/functions.ts";
import { badDeviceToken } from "../functions/fcm/documented-answers.ts";
import { addLine, call, copyDevice, exten, pushesTo, resetState } from "../support/line.ts";
import { until } from "../support/until.ts";
import { ops } from "./run-ops.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(() => resetState(functions));

const project = ["--project", functions.projectId];

/** Tails while `act` runs, until the last line matches `wanted`. */
async function tail(args: readonly string[], wanted: RegExp, act: () => Promise<unknown>): Promise<string[]> {
  const printed: string[] = [];
  const acted = Promise.withResolvers<void>();
  const running = ops(["calls", "tail", ...args, ...project], functions.services, {
    out: { write: (text: string) => printed.push(text) },
    untilInterrupted: () => acted.promise,
  });
  await until(() => functions.listeners() === 1);
  await act();
  await until(() => wanted.test(printed.at(-1) ?? ""));
  acted.resolve();
  assert.deepEqual([(await running).code, (await running).err], [0, ""]);
  await until(() => functions.listeners() === 0);
  return printed;
}

const end = () => functions.pbx("POST", `/calls/${call.call_id}/end`, { dialstatus: "CANCEL" });
const last = (lines: readonly string[]) => lines.at(-1)!;

describe("calls tail", () => {
  it("shows each change of a ring in a line, and never the caller", async () => {
    const [, dead] = await addLine(functions, 2);
    functions.fcm.setState(dead!, "uninstalled");
    const lines = await tail([], / ended .*phone-1 ended/, async () => {
      await functions.pbx("POST", "/calls", call);
      await end();
    });
    for (const line of lines)
      assert.match(line, /^\d{4}-\d\d-\d\dT\S+Z {2}pbx-1~1763712000\.17 {2}07045144801 {2}\w+[^\n]*\n$/);
    assert.match(last(lines), / {2}ended \(cancelled\) {2}phone-1 ended, phone-2 failed UNREGISTERED\n$/);
    assert.doesNotMatch(lines.join(""), /홍길동|01012345678/);
    assert.equal(new Set(lines.map((line) => line.slice(24))).size, lines.length);
  });

  it("begins with the calls that may still ring", async () => {
    await addLine(functions, 1);
    await functions.pbx("POST", "/calls", call);
    const rings = functions.services.db.collection("rings");
    const { docs } = await rings.get();
    await rings.doc("old").set({ ...docs[0]!.data(), createdAt: new Date(Date.now() - 121_000) });
    const lines = await tail([], /notified/, async () => undefined);
    assert.equal(lines.length, 1);
    // The line has the time of the change, not the time at which it was read.
    assert.ok(last(lines).startsWith(docs[0]!.updateTime.toDate().toISOString()), last(lines));
    assert.match(last(lines), /1763712000\.17 {2}07045144801 {2}notified {2}phone-1 accepted\n$/);
  });

  it("leaves out the rings of the probe", async () => {
    await addLine(functions, 1);
    const probe = {
      pbxId: probePbxId,
      callKey: `${probePbxId}~probe-1`,
      exten: "0",
      phones: {},
      status: "waking",
      createdAt: new Date(),
      ringEndsAt: new Date(Date.now() + 20_000),
    };
    await functions.services.db.collection("rings").doc("probed").set(probe);
    const lines = await tail([], /notified/, () => functions.pbx("POST", "/calls", call));
    assert.doesNotMatch(lines.join(""), /probe/);
  });

  it("shows the calls of one exten only, as JSON when asked", async () => {
    await addLine(functions, 1);
    const lines = await tail(["--exten", exten, "--json"], /"notified"/, async () => {
      await functions.pbx("POST", "/calls", { ...call, call_id: "1.1", exten: "0799" });
      await functions.pbx("POST", "/calls", { ...call, ring_id: "ring-1" });
    });
    const shown = lines.map((line) => JSON.parse(line));
    assert.deepEqual(new Set(shown.map(({ callKey }) => callKey)), new Set(["pbx-1~1763712000.17"]));
    const { callId, ...change } = shown.at(-1);
    assert.match(callId, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    const devices = [{ deviceId: "phone-1", state: "accepted" }];
    assert.deepEqual(
      { ...change, at: "" },
      { at: "", callKey: "pbx-1~1763712000.17", pbxRingId: "ring-1", exten, status: "notified", devices },
    );
  });

  it("shows a ring that ran out of time without an end as missed", async () => {
    await addLine(functions, 1);
    await functions.pbx("POST", "/calls", call);
    const [{ ref }] = (await functions.services.db.collection("rings").get()).docs as any;
    await ref.update({ ringEndsAt: new Date(Date.now() - 1000) });
    assert.match(last(await tail([], /ended/, async () => undefined)), / ended \(missed\) {2}phone-1 accepted\n$/);
  });

  it("ends with an error line when Firestore refuses the listener", async () => {
    const query = {
      where: () => query,
      orderBy: () => query,
      onSnapshot: (_: unknown, fail: (error: Error) => void) => (
        fail(Object.assign(new Error("7 PERMISSION_DENIED: Missing permissions"), { code: 7 })),
        () => undefined
      ),
    };
    const services = { ...functions.services, db: { collection: () => query } as any };
    const { code, err } = await ops(["calls", "tail", ...project], services, {
      untilInterrupted: () => new Promise(() => undefined),
    });
    assert.equal(code, 1);
    assert.match(err, /^The project does not exist, or you have no access: [^\n]+PERMISSION_DENIED[^\n]+\n$/);
  });
});

describe("send", () => {
  const send = (...args: string[]) => ops(["send", ...args, ...project], functions.services);

  it("sends a test push to a device", async () => {
    const [token] = await addLine(functions, 2);
    const { code, out } = await send("phone-1");
    assert.equal(code, 0, out);
    assert.match(out, /^device +FCM +took\nphone-1 +accepted +\d+ ms\n$/);
    assert.deepEqual(pushesTo(functions, token!)[0].notification, { title: "pbx-push", body: "Test push" });
  });

  it("sends it to every device of an exten, silent when told to", async () => {
    const tokens = await addLine(functions, 2);
    const { json } = await send("--exten", exten, "--silent", "--json");
    assert.deepEqual(
      json.map((one: any) => [one.deviceId, one.accepted]),
      [
        ["phone-1", true],
        ["phone-2", true],
      ],
    );
    for (const token of tokens) assert.equal(pushesTo(functions, token)[0].data.type, "silent");
  });

  it("shows FCM's refusal and what to do, and forgets no device", async () => {
    const [dead, foreign] = await addLine(functions, 2);
    functions.fcm.setState(dead!, "uninstalled");
    functions.fcm.addFault({ match: { token: foreign! }, status: 403, error_code: "SENDER_ID_MISMATCH" });
    const { code, out } = await send("--exten", exten);
    assert.equal(code, 1);
    assert.match(out, /phone-1 +the registration is dead \(UNREGISTERED\)/);
    assert.match(out, /\nphone-1: start the app on the phone and log in again, or forget the device/);
    assert.match(out, /\nphone-2: the app was built for another Firebase project/);
    assert.equal((await functions.services.db.collection("devices").get()).size, 2);
    assert.ok(!out.includes(foreign!.slice(0, 12)));
  });

  it("sends once to a phone that is two devices, and shows the result for both", async () => {
    const [token] = await addLine(functions, 1);
    await copyDevice(functions, "phone-1", "phone-1b");
    const { json } = await send("--exten", exten, "--json");
    assert.deepEqual(
      json.map((one: any) => [one.deviceId, one.accepted]),
      [
        ["phone-1", true],
        ["phone-1b", true],
      ],
    );
    assert.equal(pushesTo(functions, token!).length, 1);
  });

  it("shows APNs' reason for an iPhone, and what to do", async () => {
    const [token] = await addLine(functions, 1);
    functions.fcm.addFault({ match: { token: token! }, status: 400, body: badDeviceToken });
    const { code, out } = await send("phone-1");
    assert.equal(code, 1);
    assert.match(out, /rejected \(INVALID_ARGUMENT\/BadDeviceToken\)/);
    assert.match(out, /\nphone-1: APNs does not know the phone in this environment/);
  });

  it("reports that there is no device to send to", async () => {
    assert.deepEqual((await send("phone-9")).err, "There is no device phone-9\n");
    assert.match((await send("--exten", "0799")).err, /^No device rings for 0799/);
    for (const args of [[], ["phone-1", "--exten", exten]]) assert.equal((await send(...args)).code, 2);
  });
});
