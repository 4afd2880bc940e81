import { buildRingId } from "../../functions/src/rings/ring.ts";
import { alice, type Person, type TestFunctions } from "./functions.ts";

/** The exten that the tests' calls ring, and such a call. */
export const exten = "07045144801";
export const call = {
  call_id: "1763712000.17",
  exten,
  caller_id: "01012345678",
  caller_name: "홍길동",
  ring_seconds: 30,
};

/** What phones call the ring of that call, which its PBX has not named; and the name of its document. */
export const callId = buildRingId({ pbxId: "pbx-1", linkedId: call.call_id }, exten, 0);
export const ringPath = `rings/${callId}`;

/** Registers a phone with an app of its own at FCM, and answers its token. */
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

/** Gives the exten to Alice, and her phones to it: `phone-1`, `phone-2` and so on; answers their tokens. */
export async function addLine(functions: TestFunctions, phones: number): Promise<string[]> {
  await functions.pbx("PUT", `/lines/${exten}`, { uid: alice.uid });
  return Promise.all(Array.from({ length: phones }, (_, index) => addPhone(functions, `phone-${index + 1}`)));
}

/** Writes a device again under another id, as two installs that share a registration would stand there. */
export async function doubleDevice({ services }: TestFunctions, deviceId: string, double: string): Promise<void> {
  const { db } = services;
  const device = (await db.doc(`devices/${deviceId}`).get()).data();
  if (device === undefined) throw new Error(`There is no device ${deviceId}`);
  await db.doc(`devices/${double}`).set(device);
}

/** The messages that FCM took for a token, oldest first. */
export function pushesTo(functions: TestFunctions, token: string): any[] {
  return functions.fcm.messages(token).map(({ message }) => message);
}

/** Starts a test with nothing in the database, no message and no fault. */
export async function startAfresh(functions: TestFunctions): Promise<void> {
  await functions.clearDatabase();
  functions.fcm.clearMessages();
  functions.fcm.clearFaults();
}
