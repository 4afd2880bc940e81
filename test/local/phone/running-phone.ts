import { buildPhonePage } from "../../../local/phone/build.ts";
import { startPhoneServer, type PhoneServer, type PhoneServerOptions } from "../../../local/phone/server.ts";
import type { PhoneConfig } from "../../../local/phone/wire.ts";
import { startHub } from "../../../local/pbx/hub.ts";
import { createSimulatedPbx, type SimulatedPbx } from "../../../local/pbx/simulated-pbx.ts";
import { readEvents } from "./read-events.ts";

/** The page's configuration in tests. */
export const config: PhoneConfig = {
  projectId: "demo-phone-test",
  functionsUrl: "http://127.0.0.1:1/functions",
  fcmUrl: "http://127.0.0.1:1",
  authUrl: "http://127.0.0.1:1",
  consoleUrl: "http://127.0.0.1:1/",
  users: [{ email: "alice@example.com", password: "secret", lines: ["07045144801"] }],
  demoPhone: { deviceId: "demo-phone", token: "a-token" },
  run: "a-run",
};

/** The key that the page must never see. */
export const pbxKey = "the-key-of-the-pbx";

/** The server of the virtual phone on a free port, with a simulated PBX whose service is unreachable. */
export interface RunningPhone extends PhoneServer {
  /** The number of pages that follow the PBX's calls. */
  readonly watchers: () => number;
  post(path: string, body?: unknown): Promise<{ status: number; body: any }>;
  /** The page's stream of calls. */
  watchCalls(signal: AbortSignal): AsyncGenerator<any>;
}

/** Built once for all tests of a process. */
const built = buildPhonePage();

/** Starts the server, with the page built. */
export async function startPhone(options: Partial<PhoneServerOptions> = {}): Promise<RunningPhone> {
  await built;
  const hub = await startHub();
  const { pbx, watchers } = countWatchers(createSimulatedPbx({ pbxUrl: "http://127.0.0.1:1", key: pbxKey, hub }));
  const server = await startPhoneServer({
    host: "127.0.0.1",
    port: 0,
    pbx,
    config,
    firestoreHost: "127.0.0.1:1",
    ...options,
  });
  return {
    url: server.url,
    watchers,
    post: async (path, body) => {
      const headers = { "content-type": "application/json" };
      const init = body === undefined ? {} : { headers, body: JSON.stringify(body) };
      const response = await fetch(server.url + path, { method: "POST", ...init });
      const text = await response.text();
      return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
    },
    watchCalls: async function* watchCalls(signal) {
      const { body } = await fetch(`${server.url}/api/calls`, { signal });
      if (body !== null) yield* readEvents(body);
    },
    close: async () => {
      await server.close();
      await pbx.close();
      await hub.close();
    },
  };
}

function countWatchers(pbx: SimulatedPbx) {
  let watchers = 0;
  const counted: SimulatedPbx = {
    placeCall: (request) => pbx.placeCall(request),
    giveUp: (linkedId) => pbx.giveUp(linkedId),
    answerAtDesk: (linkedId) => pbx.answerAtDesk(linkedId),
    hangUp: (linkedId) => pbx.hangUp(linkedId),
    get calls() {
      return pbx.calls;
    },
    onChange: (listener) => {
      watchers += 1;
      const stop = pbx.onChange(listener);
      return () => {
        watchers -= 1;
        stop();
      };
    },
    close: () => pbx.close(),
  };
  return { pbx: counted, watchers: () => watchers };
}
