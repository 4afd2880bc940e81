import { buildDeviceDocId } from "../../functions/src/devices/device.ts";
import { buildRingId } from "../../functions/src/rings/ring.ts";
import { alice, type Person, type TestFunctions } from "./functions.ts";

/** The exten of the tests' calls, and such a call. */
export const exten = "07045144801";
export const call = {
  call_id: "1763712000.17",
  exten,
  caller_id: "01012345678",
  caller_name: "홍길동",
  ring_seconds: 30,
};

/** The `callId` of that call's ring when the PBX gives it no `ring_id`, and the path of its document. */
export const callId = buildRingId({ pbxId: "pbx-1", linkedId: call.call_id }, exten, 0);
export const ringPath = `rings/${callId}`;

/** Registers a phone with an app of its own at FCM; returns its token. */
export async function addPhone(functions: TestFunctions, deviceId: string, person: Person = alice): Promise<string> {
  const { token } = functions.fcm.createRegistration();
  const registration = { kind: "token", value: token };
  const { status, text } = await functions.call("registerDevice", person, {
    deviceId,
    platform: "android",
    registration,
  });
  if (status !== 200) throw new Error(text);
  return token;
}

/** Gives the exten to Alice, with phones `phone-1`, `phone-2` and so on; returns their tokens. */
export async function addLine(functions: TestFunctions, phones: number): Promise<string[]> {
  await functions.pbx("PUT", `/lines/${exten}`, { uid: alice.uid });
  return Promise.all(Array.from({ length: phones }, (_, index) => addPhone(functions, `phone-${index + 1}`)));
}

/** The path of a device's document. */
export function devicePath(deviceId: string, { uid }: Pick<Person, "uid"> = alice): string {
  return `devices/${buildDeviceDocId({ uid, deviceId })}`;
}

/** Copies a device of Alice under another id, as two installs with the same registration would be stored. */
export async function copyDevice({ services }: TestFunctions, deviceId: string, double: string): Promise<void> {
  const { db } = services;
  const device = (await db.doc(devicePath(deviceId)).get()).data();
  if (device === undefined) throw new Error(`There is no device ${deviceId}`);
  await db.doc(devicePath(double)).set({ ...device, deviceId: double });
}

/** The messages that FCM accepted for a token, oldest first. */
export function pushesTo(functions: TestFunctions, token: string): any[] {
  return functions.fcm.messages(token).map(({ message }) => message);
}

/** Clears the database, the messages and the faults before a test. */
export async function resetState(functions: TestFunctions): Promise<void> {
  await functions.clearDatabase();
  functions.fcm.clearMessages();
  functions.fcm.clearFaults();
}
