import assert from "node:assert/strict";
import { CallClient, type Call } from "../../packages/client/src/call-client.ts";
import { systemClock } from "../../packages/client/src/clock.ts";
import { startHub } from "../../local/pbx/hub.ts";
import { until, type Setup } from "./setup.ts";
import { readData, type Phone } from "./phone.ts";
import type { Family, Scenario, Outcome } from "./scenario.ts";
import { observeCall } from "./outcome.ts";

/** The app on a phone: passes each delivered push to the client and records what the user saw. */
async function openApp(setup: Setup, phone: Phone, clockOffMs = 0) {
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
  setup.onClose(async () => {
    client.close();
    await hub.close();
  });
  let read = 0;
  return {
    client,
    saw,
    /** Passes the new pushes to the client in order, and waits until it has handled each. */
    readPushes: async () => {
      const news = phone.delivered().slice(read);
      read += news.length;
      for (const message of news) await client.receivePush(readData(message));
    },
  };
}

const shown = new WeakMap<Setup, readonly string[]>();

/** The outcome of the call, with what the phone's user saw instead of the pushes. */
async function observeScreen(setup: Setup): Promise<Outcome> {
  const outcome = await observeCall(setup);
  return { ...outcome, phone: shown.get(setup)?.join(", ") || "nothing" };
}

/** Rings a phone whose clock is off, then the caller hangs up. */
function ringOnClock(clockOffMs: number) {
  return async (setup: Setup): Promise<void> => {
    const app = await openApp(setup, setup.phones[0], clockOffMs);
    shown.set(setup, app.saw);
    await setup.pbx.wake();
    await app.readPushes();
    await setup.pbx.end();
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
    act: async (setup) => {
      const app = await openApp(setup, setup.phones[0]);
      shown.set(setup, app.saw);
      await setup.pbx.wake();
      await setup.pbx.end();
      setup.phones[0].setState("online");
      assert.equal(setup.phones[0].delivered().length, 2);
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
      // FCM counts the push's TTL from its acceptance.
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
      dialplan.answers.push(`NAK ${body.error.code}`);
    },
    expect: { pbx: "NAK push_failed, NAK no_devices", record: "failed: failed UNREGISTERED", phone: "nothing" },
    check: async ({ shared, phones }) => {
      const devices = shared.surroundings.db.collection("devices");
      const { size } = await devices.where("deviceId", "==", phones[0].deviceId).get();
      assert.equal(size, 0, "the device was not forgotten");
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
    // By the other functions' clocks, the ring time is over when the phone asks.
    expect: { pbx, record: screen.record, phone: "nothing" },
  },
];

/** Phones that are offline, changed or uninstalled, and wrong clocks. */
export const phonesFamily: Family = { name: "Phones and clocks", scenarios };
