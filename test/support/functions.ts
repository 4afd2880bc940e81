import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { cloudEvent, http, type CloudEventFunction, type HttpFunction } from "@google-cloud/functions-framework";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import { startEmulators } from "../../harness/emulators.ts";
import { savePbxKey } from "../../harness/pbx-keys.ts";
import type { KeyGrant } from "../../functions/src/keys/pbx-key.ts";
import type { PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import type { Services } from "../../functions/src/services.ts";
import { until } from "./until.ts";
import { issueIdToken, startIdentityServer, type Person } from "./identity.ts";

export type { Person };

/** The default key of requests; it may do everything. */
export const demoKey = "demo-pbx-key";

/** Keys with what they may do, besides everything as `pbx-1`. */
export type TestKeys = Readonly<Record<string, Partial<KeyGrant>>>;

/** What the functions' logger has written through the console; tests check it. */
let lines: string[] = [];
// Before anything imports that logger, which keeps the console that it finds.
captureConsole();

export const alice: Person = { uid: "alice", email: "alice@example.com" };
export const bob: Person = { uid: "bob", email: "bob@example.com" };
/** May use the console. */
export const olga: Person = { uid: "olga", email: "olga@example.com", operator: true };
/** Has signed up with an email that may be another person's. */
export const mallory: Person = { uid: "mallory", email: "carol@example.com", emailVerified: false };

/** The answer of an HTTP function. */
export interface Answered {
  readonly status: number;
  readonly body: any;
  readonly text: string;
  readonly headers: Headers;
}

/** The project's functions on the framework that runs them in the cloud, over real sockets and an empty database. */
export interface TestFunctions {
  readonly projectId: string;
  readonly services: Services;
  readonly fcm: PushEmulator;
  /** The URL of each function. */
  readonly urls: Readonly<Record<"pbx" | CallableName, string>>;
  /** Every line logged so far, as it left the process. */
  readonly logged: string[];
  /** Sends a request to `pbx`; a plain object is sent as JSON, with the demo key. */
  pbx(method: string, path: string, body?: unknown, init?: RequestInit): Promise<Answered>;
  /** Calls a callable as a logged-in user. */
  call(name: CallableName, person: Person | undefined, data: unknown): Promise<Answered>;
  /** Calls a callable with any body, also one that breaks the callables' protocol. */
  callRaw(name: CallableName, person: Person | undefined, body: unknown): Promise<Answered>;
  /** Serves another build of the PBX's API on a socket of its own. */
  servePbx(services: Services): Promise<string>;
  /** Serves another build of the PBX's API until it is closed; it replaces an earlier one of the same name. */
  openPbx(name: string, services: Services): Promise<OpenPbx>;
  /** Runs a scheduled function as Cloud Scheduler does, for the time it was due. */
  runSchedule(name: ScheduleName, scheduleTime?: Date): Promise<Answered>;
  /** From now on delivers published messages to the functions that subscribe to them. */
  deliverMessages(): Promise<void>;
  /** Resolves when every published message has been handled. */
  settleMessages(): Promise<void>;
  /** The number of open Firestore listeners. */
  listeners(): number;
  /** Empties the database, but for the PBX keys that it began with. */
  clearDatabase(): Promise<void>;
  /** Stores the PBX keys that it began with again, after a test has emptied a database of its own. */
  saveKeys(): Promise<void>;
  close(): Promise<void>;
}

/** An instance of the PBX's API that can be closed by itself. */
export interface OpenPbx {
  readonly url: string;
  /** Resets every connection. */
  readonly close: () => void;
}

type ScheduleName = "saveLocation" | "pathDaily" | "duePushes" | "nightly" | "statistics" | "probe";

/** The deployed callables. */
export type CallableName =
  | "reportCall"
  | "registerDevice"
  | "unregisterDevice"
  | "getServerSettings"
  | "muteCampaigns"
  | "eraseMyData"
  | "console";

/**
 * Starts everything that a test of the functions needs; Auth knows `people`, and `keys` are stored beside the demo key. One at a time: the functions read their
 * settings from the environment of the process.
 */
export async function startFunctions(
  settings: Record<string, string> = {},
  people: readonly Person[] = [alice, bob, mallory, olga],
  keys: TestKeys = {},
): Promise<TestFunctions> {
  const [emulators, identity] = await Promise.all([startEmulators(), startIdentityServer(people)]);
  const { projectId, firestore, pubsub, fcm } = emulators;
  Object.assign(process.env, emulators.environment, {
    FIREBASE_AUTH_EMULATOR_HOST: identity.host,
    ...settings,
  });
  const logged = (lines = []);
  const servers: Server[] = [];
  const functions = await import("../../functions/src/index.ts");
  const { services } = await import("../../functions/src/services.ts");
  const { readConfig } = await import("../../functions/src/config.ts");
  const { buildHttpApi } = await import("../../functions/src/pbx/http-api.ts");
  const { openFrontDoor } = await import("../../functions/src/front-door/front-door.ts");

  const rawPorts = new Set<number | undefined>();
  openFrontDoor(({ socket }) => rawPorts.has(socket.localPort));
  const listen = async (name: string, raw: boolean) => {
    const server = getTestServer(name);
    servers.push(server);
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    if (raw) rawPorts.add(port);
    return { server, url: `http://127.0.0.1:${port}` };
  };
  const open = async (name: string, handler: unknown, raw = true) => {
    http(name, handler as HttpFunction);
    return listen(name, raw);
  };
  const serve = async (name: string, handler: unknown, raw = true) => (await open(name, handler, raw)).url;
  const stopDelivering: (() => Promise<void>)[] = [];
  const deliver = async (pubsubTopic: string, name: "campaignWorker" | "pushWorker") => {
    cloudEvent(name, functions[name] as CloudEventFunction);
    // Most tests need no messages, and its Pub/Sub client takes long to load.
    const { deliverMessages } = await import("../../harness/eventarc.ts");
    const deliveries = await deliverMessages({ projectId, pubsubHost: pubsub.host, pubsubTopic });
    deliveries.addInstance((await listen(name, false)).url, 4);
    stopDelivering.push(() => deliveries.stop());
  };
  const urls = {
    pbx: await serve("pbx", functions.pbx),
    registerDevice: await serve("registerDevice", functions.registerDevice),
    unregisterDevice: await serve("unregisterDevice", functions.unregisterDevice),
    reportCall: await serve("reportCall", functions.reportCall),
    getServerSettings: await serve("getServerSettings", functions.getServerSettings),
    muteCampaigns: await serve("muteCampaigns", functions.muteCampaigns),
    eraseMyData: await serve("eraseMyData", functions.eraseMyData),
    console: await serve("console", functions.console),
  };
  process.env["PBX_API_URL"] = urls.pbx;
  const callRaw: TestFunctions["callRaw"] = async (name, person, body) => {
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (person) headers["authorization"] = `Bearer ${issueIdToken(projectId, person)}`;
    return readAnswer(await fetch(urls[name], { method: "POST", headers, body: JSON.stringify(body) }));
  };
  // With most wrong settings there are no services, and no key is asked for.
  const hasServices = () => {
    try {
      readConfig();
      return true;
    } catch {
      return false;
    }
  };
  const saveKeys = async () => {
    if (!hasServices()) return;
    const saved = Object.entries({ [demoKey]: {}, ...keys });
    await Promise.all(saved.map(async ([key, grant]) => savePbxKey(services().db, key, grant)));
  };
  await saveKeys();
  let builds = 0;
  return {
    projectId,
    get services() {
      return services();
    },
    fcm,
    urls,
    logged,
    pbx: (method, path, body, init) => requestPbx(urls.pbx, method, path, body, init),
    call: (name, person, data) => callRaw(name, person, { data }),
    callRaw,
    servePbx: (other) => serve(`pbx-${(builds += 1)}`, buildHttpApi(other)),
    openPbx: async (name, other) => {
      const { server, url } = await open(name, buildHttpApi(other));
      return { url, close: () => server.close().closeAllConnections() };
    },
    runSchedule: async (name, scheduleTime = new Date()) => {
      const headers = { "x-cloudscheduler-scheduletime": scheduleTime.toISOString() };
      const url = await serve(`${name}-${(builds += 1)}`, functions[name], false);
      return readAnswer(await fetch(url, { method: "POST", headers }));
    },
    deliverMessages: async () => {
      await Promise.all([deliver("campaign-shards", "campaignWorker"), deliver("pushes", "pushWorker")]);
    },
    settleMessages: () => until(() => pubsub.unsettled() === 0),
    listeners: () => firestore.listeners(),
    saveKeys,
    clearDatabase: async () => {
      firestore.reset(projectId);
      await saveKeys();
    },
    close: async () => {
      for (const server of servers) server.close().closeAllConnections();
      await Promise.all(stopDelivering.map((stop) => stop()));
      await services().publisher.close();
      await services().fcm.close();
      await services().db.terminate();
      const { deleteApp, getApps } = await import("./functions-admin-sdk.ts");
      await Promise.all(getApps().map((app) => deleteApp(app)));
      identity.close();
      rawPorts.clear();
      await emulators.close();
    },
  };
}

/** Sends a request to a PBX API at `url`, with the demo key unless `init` has headers. */
export async function requestPbx(url: string, method: string, path: string, body?: unknown, init?: RequestInit) {
  const headers = new Headers({ authorization: `Bearer ${demoKey}` });
  const plain =
    body !== undefined && typeof body === "object" && !ArrayBuffer.isView(body) && !(body instanceof URLSearchParams);
  if (plain) headers.set("content-type", "application/json");
  const sent = plain ? JSON.stringify(body) : (body as string | Buffer | URLSearchParams | undefined);
  return readAnswer(await fetch(url + path, { method, headers, ...(sent !== undefined && { body: sent }), ...init }));
}

async function readAnswer(response: Response): Promise<Answered> {
  const text = await response.text();
  const json = response.headers.get("content-type")?.startsWith("application/json") === true;
  return { status: response.status, body: json ? JSON.parse(text) : undefined, text, headers: response.headers };
}

function captureConsole(): void {
  for (const method of ["debug", "info", "log", "warn", "error"] as const) {
    // oxlint-disable-next-line no-console -- replaced, not used
    console[method] = (...parts: unknown[]) => lines.push(parts.map(String).join(" "));
  }
}
