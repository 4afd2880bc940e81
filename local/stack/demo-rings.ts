import type { PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import { demo, functionsUrl, secondDemo } from "./demo.ts";
import { post, Refused } from "./demo-data.ts";
import { logIn } from "./demo-user.ts";

/** A number that no line has: the demo line as another PBX may write it. */
const misspelt = `+82${demo.exten.slice(1)}`;

/** Places calls that reach no phone, so that the console has verdicts to show: an app that is gone, and a misspelt number. */
export async function placeDemoRings(fcm: PushEmulator): Promise<void> {
  await Promise.all([ringMissingApp(fcm), ring(misspelt, 3)]);
}

async function ringMissingApp(fcm: PushEmulator): Promise<void> {
  const name = `Galaxy S24 · ${secondDemo.email}`;
  const { token } = fcm.createRegistration({ platform: "android", name });
  const call = await logIn(secondDemo);
  await call("registerDevice", {
    deviceId: "demo-lost-phone",
    platform: "android",
    appVersion: "4.2.0",
    registration: { kind: "token", value: token },
    facts: { os: "Android", osVersion: "15", model: "Galaxy S24" },
  });
  fcm.setState(token, "uninstalled");
  await ring(secondDemo.exten, 2);
}

async function ring(exten: string, nth: number): Promise<void> {
  const call_id = `${Math.floor(Date.now() / 1000)}.${nth}`;
  const ring_id = await ringInVain(exten, call_id);
  await post(`${functionsUrl}/pbx/calls/${call_id}/end`, demo.pbxKey, { ring_id, dialstatus: "NOANSWER" });
}

/** Announces a call for which the service can wake no phone: it says so with 404, or with 502 if FCM refused. Returns the ring's id. */
export async function ringInVain(exten: string, call_id: string, key: string = demo.pbxKey): Promise<string> {
  const ring_id = `${call_id}-${Date.now()}`;
  try {
    await post(`${functionsUrl}/pbx/calls`, key, { call_id, ring_id, exten, caller_id: "01098765432" });
  } catch (error) {
    if (!(error instanceof Refused) || ![404, 502].includes(error.status)) throw error;
  }
  return ring_id;
}
