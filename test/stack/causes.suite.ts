import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connect } from "../../admin/project/connect.ts";
import { functionsUrl } from "../../local/stack/demo.ts";
import { host } from "../../local/stack/ports.ts";
import type { PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import { ops } from "../admin/run-ops.ts";
import { requestPbx } from "../support/functions.ts";
import { until } from "../support/until.ts";
import { addPhone, addUser, closeApps, startApp, type NewPhone, type PlantedUser } from "./planted-phone.ts";

const pbx = `${functionsUrl}/pbx`;

/** One thing that goes wrong. What it returns happens when the ring is over. */
type Planted = (fcm: PushEmulator, user: PlantedUser) => Promise<void | (() => Promise<unknown>)>;

/** Nobody listens for the pushes of this phone: it is off. */
const offline =
  (phone?: NewPhone, fields?: object): Planted =>
  async (fcm, user) => {
    await addPhone(fcm, user, phone);
    await user.ring(fields);
  };

/** The phone wakes, and its app says why it cannot ring. */
const failing =
  (reason: string): Planted =>
  async (fcm, user) => {
    const app = await startApp(fcm, user, await addPhone(fcm, user));
    await user.ring();
    const { callId } = await app.pushes.next();
    await user.call("reportCall", { callId, deviceId: "phone-1", event: "failed", reason });
  };

/** Two phones of one user ring; the second does something. */
const twoPhones =
  (act: (app: Awaited<ReturnType<typeof startApp>>, callId: string) => Promise<unknown>): Planted =>
  async (fcm, user) => {
    const one = await startApp(fcm, user, await addPhone(fcm, user));
    const other = await startApp(fcm, user, await addPhone(fcm, user, { deviceId: "phone-2" }));
    await user.ring();
    await Promise.all([one.wake(), other.wake()]);
    await Promise.all([one.reported("ready"), other.reported("ready")]);
    await act(other, other.client.calls[0]!.id);
  };

/** A push that the app reads after the ring, with what FCM says of it. */
const wakingLate =
  (facts?: object): Planted =>
  async (fcm, user) => {
    const app = await startApp(fcm, user, await addPhone(fcm, user));
    await user.ring();
    return async () => {
      await app.wake({ ...(facts && { facts }) });
      await app.reported("received");
    };
  };

const planted: Readonly<Record<string, readonly [cause: string, happens: Planted]>> = {
  "the app was uninstalled": [
    "app_uninstalled",
    async (fcm, user) => {
      const { token } = await addPhone(fcm, user);
      fcm.setState(token, "uninstalled");
      await user.ring();
    },
  ],
  "the app is of another Firebase project": [
    "sender_mismatch",
    async (fcm, user) => {
      const { token } = await addPhone(fcm, user);
      fcm.addFault({ match: { token }, status: 403, error_code: "SENDER_ID_MISMATCH" });
      await user.ring();
    },
  ],
  "FCM is down": [
    "fcm_down",
    async (fcm, user) => {
      const { token } = await addPhone(fcm, user);
      fcm.addFault({ match: { token }, status: 503, times: 99 });
      await user.ring();
    },
  ],
  "the phone is off": ["phone_offline", offline()],
  "the phone wakes after the ring": ["late", wakingLate()],
  "its battery is saved": ["battery_restricted", offline({ facts: { batteryRestricted: true } })],
  "it cannot reach the PBX": [
    "no_connection",
    async (fcm, user) => {
      const closed = { serverAddress: host, serverPort: 9, serverSSL: false };
      const app = await startApp(fcm, user, await addPhone(fcm, user), closed);
      await user.ring();
      await app.wake();
      return async () => app.reported("failed");
    },
  ],
  "it has no settings": [
    "no_settings",
    async (fcm, user) => {
      const app = await startApp(fcm, user, await addPhone(fcm, user), null);
      await user.ring();
      await app.wake();
      await app.reported("failed");
    },
  ],
  "it has no permission": ["no_permission", failing("no_permission")],
  "the caller gives up first": [
    "caller_gave_up",
    async (fcm, user) => {
      await addPhone(fcm, user);
      await user.ring();
      await user.end({ dialstatus: "CANCEL" });
    },
  ],
  "it is declined elsewhere": [
    "declined_elsewhere",
    async (fcm, user) =>
      twoPhones(async (other, id) => {
        await other.client.decline(id);
        await other.reported("declined");
        await user.end({ dialstatus: "BUSY" });
      })(fcm, user),
  ],
  "it is answered elsewhere": [
    "answered_elsewhere",
    twoPhones(async (other, id) => {
      await other.client.answer(id);
      await other.reported("answered");
    }),
  ],
  "the exten has no line": ["no_line", async (_, user) => user.ring({ exten: "0700000000" })],
  "the exten is written in another way": [
    "exten_misspelt",
    async (_, user) => user.ring({ exten: user.exten.replace(/^0/, "+82") }),
  ],
  "Google lowers the app's priority": ["deprioritised", wakingLate({ priority: "normal", originalPriority: "high" })],
  "its clock is wrong": [
    "clock_wrong",
    async (fcm, user) => {
      const app = await startApp(fcm, user, await addPhone(fcm, user), null);
      await user.ring();
      const { callId } = await app.pushes.next();
      const iso = (ms: number) => new Date(Date.now() + ms).toISOString();
      const facts = { sentAt: iso(0), receivedAt: iso(-600_000) };
      await user.call("reportCall", { callId, deviceId: "phone-1", event: "received", facts });
    },
  ],
  "its VoIP token is of the other environment": ["apns_environment", offline({ iphone: "sandbox" })],
  "the ring is too short": ["ring_too_short", offline({}, { ring_seconds: 5 })],
  // Among the last: the service asks APNs no more for a while when it refuses the key.
  "our key for Apple is wrong": [
    "apns_key",
    async (fcm, user) => {
      const { voipToken } = await addPhone(fcm, user, { iphone: "production" });
      fcm.addFault({ channel: "apns", match: { token: voipToken! }, reason: "InvalidProviderToken", times: 9 });
      await user.ring();
    },
  ],
};

/** Why did my phone not ring? Asked of the running stack, as a support person asks. */
export function describeCauses(fcmOf: () => PushEmulator): void {
  const why = async (...args: string[]) => ops(["calls", "why", ...args, "--json"], undefined, { connect });

  describe("calls why", { timeout: 300_000 }, () => {
    const users = new Map<string, PlantedUser>();
    before(async () => {
      const afterRings: (() => Promise<unknown>)[] = [];
      for (const [nth, [what, [, happens]]] of Object.entries(planted).entries()) {
        const user = await addUser(nth);
        users.set(what, user);
        const later = await happens(fcmOf(), user);
        if (later !== undefined) afterRings.push(later);
      }
      for (const user of users.values()) await until(async () => !(await mayStillRing(user)));
      await Promise.all(afterRings.map(async (later) => later()));
    });

    after(closeApps);

    for (const [what, [cause]] of Object.entries(planted)) {
      it(`says ${cause}: ${what}`, async () => {
        const { callId } = users.get(what)!;
        const { json } = await why(callId);
        const [{ cause: own, says, phones }] = json;
        const found = phones.find(({ deviceId }: { deviceId: string }) => deviceId === "phone-1") ?? {
          cause: own,
          says,
        };
        assert.equal(found.cause, cause, JSON.stringify(json));
        const { verdict } = await askService(callId);
        const asked = verdict[0].phones.find(({ device_id }: { device_id: string }) => device_id === "phone-1");
        assert.deepEqual((asked ?? verdict[0]).says, found.says);
      });
    }

    it("says key_expired: the PBX's key has expired", async () => {
      const { exten } = await addUser(Object.keys(planted).length);
      const expiresAt = Date.now() + 500;
      const add = ["keys", "add", "pbx-old", "--expires", new Date(expiresAt).toISOString(), "--json"];
      const { key } = (await ops(add, undefined, { connect })).json;
      await until(() => Date.now() > expiresAt);
      const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
      const body = JSON.stringify({ call_id: "planted.key", ring_id: "1", exten });
      assert.equal((await requestPbx(pbx, "POST", "/calls", body, { headers })).status, 401);
      const { json, code } = await why("--exten", exten, "--pbx", "pbx-old");
      assert.deepEqual([code, json.cause], [1, "key_expired"], JSON.stringify(json));
    });
  });
}

async function mayStillRing({ callId }: PlantedUser): Promise<boolean> {
  const { verdict } = await askService(callId);
  return verdict[0].phones.some(({ cause }: { cause: string }) => cause === "under_way");
}

async function askService(callId: string) {
  const { status, text, body } = await requestPbx(pbx, "GET", `/calls/${callId}?verdict=true`);
  assert.equal(status, 200, text);
  return body;
}
