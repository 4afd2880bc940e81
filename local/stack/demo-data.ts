import { Firestore } from "@google-cloud/firestore";
import { createHash } from "node:crypto";
import type { PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import { demo, functionsUrl, secondDemo } from "./demo.ts";
import { host, ports, projectId } from "./ports.ts";

/** A function of the stack refused a request; the message contains its answer. */
export class Refused extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** Posts JSON to a function of the stack; throws with its answer if that is not 2xx. */
export async function post(
  url: string,
  bearer: string | undefined,
  body: unknown,
  method: "POST" | "PUT" = "POST",
): Promise<unknown> {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (bearer !== undefined) headers["authorization"] = `Bearer ${bearer}`;
  const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
  const answer = await response.text();
  if (!response.ok) throw new Refused(`${method} ${url} answered ${response.status}: ${answer}`, response.status);
  return JSON.parse(answer) as unknown;
}

/** Stores the demo key, and creates the demo users, their lines and a phone, each through the same API as real ones. Returns the phone's token. */
export async function seedDemo(fcm: PushEmulator): Promise<string> {
  const { token } = fcm.createRegistration({ platform: "android", name: `Phone 1 · ${demo.email}` });
  await saveDemoKey();
  const [{ idToken }] = await Promise.all([addUser(demo), addUser(secondDemo)]);
  const device = { deviceId: demo.deviceId, platform: "android", registration: { kind: "token", value: token } };
  // At once: each is the first request of a process, which takes seconds to start.
  await Promise.all([post(`${functionsUrl}/registerDevice`, idToken, { data: device }), addLines(), warmUp(idToken)]);
  return token;
}

/** What `ops keys add` does, with a key that everybody knows. */
async function saveDemoKey(): Promise<void> {
  const digest = createHash("sha256").update(demo.pbxKey).digest("hex");
  const grant = { pbxId: "pbx-1", scopes: ["calls", "send", "lines"], note: "the demo's key" };
  await withDatabase((db) => db.doc(`pbxKeys/${digest}`).set({ ...grant, createdAt: new Date() }));
}

async function addLines(): Promise<void> {
  // One after the other, on one process.
  for (const { exten, email } of [demo, secondDemo]) {
    await post(`${functionsUrl}/pbx/lines/${exten}`, demo.pbxKey, { email }, "PUT");
  }
}

/** Starts the functions' processes, one per concurrent request: otherwise their start would delay the first call. */
async function warmUp(idToken: string): Promise<void> {
  const askSettings = async () => post(`${functionsUrl}/getServerSettings`, idToken, { data: {} });
  await Promise.all([reportNoCall(idToken), reportNoCall(idToken), askSettings()]);
}

/** Reports an unknown call: the service refuses it, but its process has started. */
async function reportNoCall(idToken: string): Promise<void> {
  const data = { callId: "00000000-0000-0000-0000-000000000000", deviceId: demo.deviceId, event: "received" };
  try {
    await post(`${functionsUrl}/reportCall`, idToken, { data });
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 403) throw error;
  }
}

interface Account {
  readonly idToken: string;
  readonly localId: string;
}

async function addUser({ email, password }: { readonly email: string; readonly password: string }): Promise<Account> {
  const url = `http://${host}:${ports.auth}/identitytoolkit.googleapis.com/v1/accounts:signUp?key=demo`;
  const account = await post(url, undefined, { email, password, returnSecureToken: true });
  if (!isAccount(account)) throw new Error("The Auth emulator created no account");
  await verifyEmail(account.localId);
  await saveServerSettings(account.localId);
  return account;
}

/** What a user does who follows the link in Firebase's email. */
async function verifyEmail(localId: string): Promise<void> {
  const url = `http://${host}:${ports.auth}/identitytoolkit.googleapis.com/v1/projects/${projectId}/accounts:update`;
  await post(url, "owner", { localId, emailVerified: true });
}

function isAccount(answer: unknown): answer is Account {
  return typeof answer === "object" && answer !== null && "idToken" in answer && "localId" in answer;
}

/** What an app does when its user has entered the PBX's address. */
async function saveServerSettings(uid: string): Promise<void> {
  const settings = { serverAddress: host, serverPort: ports.hub, serverSSL: false };
  await withDatabase((db) => db.doc(`users/${uid}`).set(settings, { merge: true }));
}

async function withDatabase(work: (db: Firestore) => Promise<unknown>): Promise<void> {
  const db = new Firestore({ projectId });
  await work(db);
  await db.terminate();
}
