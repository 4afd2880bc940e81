import assert from "node:assert/strict";
import { CallClient, type Call } from "../../packages/client/src/call-client.ts";
import { systemClock } from "../../packages/client/src/clock.ts";
import { startHub } from "../../local/pbx/hub.ts";
import { until, type Bench } from "./bench.ts";
import { readData, type Phone } from "./phone.ts";
import type { Family, Scenario, Words } from "./scenario.ts";
import { observeCall } from "./words.ts";

/** The app on a phone: feeds the client with every push that has reached it, and notes what its user saw. */
async function openApp(bench: Bench, phone: Phone, clockOffMs = 0) {
  const hub = await startHub();
  const saw: string[] = [];
  const client = new CallClient({
    deviceId: phone.deviceId,
    clock: { ...systemClock, now: () => Date.now() + clockOffMs },
    loadServerSettings: async () => ({ serverAddress: "127.0.0.1", serverPort: hub.port, serverSSL: false }),
    reportCall: async ({ callId, event }) => phone.report({ callId, event }),
  });
  client.on("incoming", ({ name }: Call) => saw.push(`shows ${name === "" ? "nobody" : "the call"}`));
  client.on("ended", (_, reason) => saw.push(`stops (${reason})`));
  bench.onClose(async () => {
    client.disconnect();
    await hub.close();
  });
  let read = 0;
  return {
    client,
    saw,
    /** Reads the pushes that have come, in their order, to the end of what they ask for. */
    readPushes: async () => {
      const news = phone.delivered().slice(read);
      read += news.length;
      for (const message of news) await client.receivePush(readData(message));
    },
  };
}

const shown = new WeakMap<Bench, readonly string[]>();

/** The call, with what the phone's user saw in place of what reached it. */
async function observeScreen(bench: Bench): Promise<Words> {
  const words = await observeCall(bench);
  return { ...words, phone: shown.get(bench)?.join(", ") || "nothing" };
}

/** Lets a call through to a phone whose clock is off, and has the caller give up. */
function ringOnClock(clockOffMs: number) {
  return async (bench: Bench): Promise<void> => {
    const app = await openApp(bench, bench.phones[0], clockOffMs);
    shown.set(bench, app.saw);
    await bench.pbx.wake();
    await app.readPushes();
    await bench.pbx.end();
    await app.readPushes();
  };
}

const hour = 60 * 60_000;
const screen = { record: "ended (cancelled): ended told", phone: "shows the call, stops (cancelled)" };
const pbx = "NOTIFIED 1, ENDED 1";

const scenarios: readonly Scenario[] = [
  {
    fault: "the phone is offline and reconnects within the ring time",
    inject: ({ phones }) => phones[0].setState("offline"),
    act: async ({ pbx: dialplan, phones }) => {
      await dialplan.wake();
      phones[0].setState("online");
      await dialplan.end();
    },
    expect: { pbx, record: "ended (cancelled): ended told", phone: "rings, stops (cancelled)" },
  },
  {
    fault: "the phone is offline and reconnects after the caller hung up",
    inject: ({ phones }) => phones[0].setState("offline"),
    act: async (bench) => {
      const app = await openApp(bench, bench.phones[0]);
      shown.set(bench, app.saw);
      await bench.pbx.wake();
      await bench.pbx.end();
      bench.phones[0].setState("online");
      assert.equal(bench.phones[0].delivered().length, 2);
      await app.readPushes();
    },
    observe: observeScreen,
    expect: { pbx, record: "ended (cancelled): ended told", phone: "nothing" },
  },
  {
    fault: "the phone is offline longer than the ring time",
    ringSeconds: 5,
    inject: ({ phones }) => phones[0].setState("offline"),
    act: async ({ pbx: dialplan, phones }) => {
      await dialplan.wake();
      const [push] = phones[0].accepted();
      // FCM counts the push's time from when it has taken it.
      await until(() => Date.now() > Date.parse(push?.acceptedAt ?? "") + 5000);
      phones[0].setState("online");
    },
    expect: { pbx: "NOTIFIED 1", record: "ended (missed): accepted", phone: "nothing" },
  },
  {
    fault: "the app was uninstalled: this call and the next",
    inject: ({ phones }) => phones[0].setState("uninstalled"),
    act: async ({ pbx: dialplan, exten, request, callId }) => {
      await dialplan.wake();
      const { body } = await request("POST", "/calls", { call_id: `${callId}.2`, exten });
      dialplan.heard.push(`NAK ${body.error.code}`);
    },
    expect: { pbx: "NAK push_failed, NAK no_devices", record: "failed: failed UNREGISTERED", phone: "nothing" },
    check: async ({ world, phones }) => {
      const device = await world.surroundings.db.doc(`devices/${phones[0].deviceId}`).get();
      assert.ok(!device.exists, "the device is not forgotten");
    },
  },
  {
    fault: "the app was uninstalled from one phone of two",
    phones: 2,
    inject: ({ phones }) => phones[0].setState("uninstalled"),
    act: async ({ pbx: dialplan }) => {
      await dialplan.wake();
      await dialplan.end();
    },
    expect: {
      pbx,
      record: "ended (cancelled): failed UNREGISTERED / ended told",
      phone: "nothing / rings, stops (cancelled)",
    },
  },
  {
    fault: "the phone's registration changes while it rings",
    act: async ({ pbx: dialplan, phones: [phone] }) => {
      await dialplan.wake();
      const [before] = phone.tokens;
      await phone.register();
      await dialplan.end();
      const end = phone.accepted().at(-1);
      assert.ok(end !== undefined && end.token !== before, "the end went to the old registration");
    },
    expect: { pbx, record: "ended (cancelled): ended told", phone: "rings, stops (cancelled)" },
  },
  {
    fault: "the phone's clock is five hours fast",
    act: ringOnClock(5 * hour),
    observe: observeScreen,
    expect: { ...screen, pbx },
  },
  {
    fault: "the phone's clock is five hours slow",
    act: ringOnClock(-5 * hour),
    observe: observeScreen,
    expect: { ...screen, pbx },
  },
  {
    fault: "the clock of a function's instance is five hours fast",
    site: { clockOffMs: 5 * hour },
    act: ringOnClock(0),
    observe: observeScreen,
    expect: { ...screen, pbx },
  },
  {
    fault: "the clock of a function's instance is five hours slow",
    site: { clockOffMs: -5 * hour },
    act: ringOnClock(0),
    observe: observeScreen,
    // To the other functions the phone has rung for long enough when it asks.
    expect: { pbx, record: screen.record, phone: "nothing" },
  },
];

/** Phones that are away, changed or gone, and clocks that are wrong. */
export const phonesFamily: Family = { name: "Phones and clocks", scenarios };
