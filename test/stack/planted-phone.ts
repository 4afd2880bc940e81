import { EventEmitter, once } from "node:events";
import { demo, functionsUrl } from "../../local/stack/demo.ts";
import { post } from "../../local/stack/demo-data.ts";
import { logIn, readField, type Callable } from "../../local/stack/demo-user.ts";
import { host, ports } from "../../local/stack/ports.ts";
import { listenForPushes, type Pushes } from "../../local/stack/pushes.ts";
import {
  CallClient,
  type CallReport,
  type CallState,
  type PushOptions,
  type ServerSettings,
} from "../../packages/client/src/call-client.ts";
import type { PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import { requestPbx } from "../support/functions.ts";

const pbx = `${functionsUrl}/pbx`;

/** Long enough that a ring is not too short for a sleeping phone. */
const ringSeconds = 12;

/** A user of the running stack with a line of their own. */
export interface PlantedUser {
  readonly exten: string;
  readonly callId: string;
  readonly call: Callable;
  /** Announces a call to the line; `fields` replace those of the request. */
  ring(fields?: object): Promise<void>;
  end(fields: object): Promise<void>;
}

/** The `nth` user: an account, and its line. */
export async function addUser(nth: number): Promise<PlantedUser> {
  const url = `http://${host}:${ports.auth}/identitytoolkit.googleapis.com/v1/accounts:signUp?key=demo`;
  const user = { email: `planted-${nth}@example.com`, password: demo.password };
  const uid = readField(await post(url, undefined, { ...user, returnSecureToken: true }), "localId");
  const exten = `0705514${String(nth).padStart(4, "0")}`;
  const callId = `planted.${nth}`;
  await ask("PUT", `/lines/${exten}`, { uid });
  return {
    exten,
    callId,
    call: await logIn(user),
    ring: async (fields) =>
      ask("POST", "/calls", { call_id: callId, ring_id: "1", exten, ring_seconds: ringSeconds, ...fields }),
    end: async (fields) => ask("POST", `/calls/${callId}/end`, { ring_id: "1", ...fields }),
  };
}

/** Answers that some of the tests plant. */
const planned = new Set(["no_devices", "push_failed"]);

async function ask(method: string, path: string, body: object): Promise<void> {
  const { status, text, body: answer } = await requestPbx(pbx, method, path, body);
  if (status !== 200 && !planned.has(answer?.error?.code))
    throw new Error(`${method} ${path} answered ${status}: ${text}`);
}

/** What the stack knows of a new phone. */
export interface NewPhone {
  readonly deviceId?: string;
  readonly facts?: object;
  /** An iPhone whose VoIP token is of this environment; it is registered as of production. */
  readonly iphone?: "production" | "sandbox";
}

/** Registers a phone of the user at the emulator and at the service. Nobody listens for its pushes. */
export async function addPhone(fcm: PushEmulator, { call }: PlantedUser, phone: NewPhone = {}) {
  const { deviceId = "phone-1", facts, iphone } = phone;
  const platform = iphone === undefined ? "android" : "ios";
  const { token, voipToken } = fcm.createRegistration({ platform, ...(iphone && { environment: iphone }) });
  const voip = iphone && { token: voipToken, topic: "com.example.app.voip", environment: "production" };
  const registration = { kind: "token", value: token };
  await call("registerDevice", { deviceId, platform, registration, ...(facts && { facts }), ...(voip && { voip }) });
  return { deviceId, token, voipToken };
}

/** The app on a phone: the client library, and what the system receives for it. */
export interface App {
  readonly client: CallClient;
  readonly pushes: Pushes;
  /** Resolves when the service has taken a report of this event. */
  reported(event: CallReport["event"]): Promise<void>;
  /** Passes the next push to the app, as the system does. */
  wake(options?: PushOptions): Promise<void>;
}

const apps: App[] = [];

/** Closes every app that was started. */
export function closeApps(): void {
  for (const { client, pushes } of apps.splice(0)) {
    pushes.close();
    client.close();
  }
}

/** Starts the app on a phone of the user; by default its settings name the stack's PBX. */
export async function startApp(
  fcm: PushEmulator,
  { call }: PlantedUser,
  { deviceId, token }: { deviceId: string; token: string },
  settings: ServerSettings | null = { serverAddress: host, serverPort: ports.hub, serverSSL: false },
): Promise<App> {
  const reports = new EventEmitter();
  const taken = new Set<string>();
  const client = new CallClient({
    deviceId,
    loadServerSettings: async () => settings,
    reportCall: async (report: CallReport) => {
      const state = (await call("reportCall", report)) as CallState;
      taken.add(report.event);
      reports.emit(report.event);
      return state;
    },
  });
  const pushes = await listenForPushes(`${fcm.url}/emulator/v1/registrations/${encodeURIComponent(token)}/stream`);
  const app: App = {
    client,
    pushes,
    reported: async (event) => {
      if (!taken.has(event)) await once(reports, event);
    },
    wake: async (options) => {
      await client.receivePush(await pushes.next(), options);
    },
  };
  apps.push(app);
  return app;
}
