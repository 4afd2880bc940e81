import { deliverPush } from "../../../functions/src/pushes/deliver-push.ts";
import { dispatchDue } from "../../../functions/src/pushes/dispatch-due.ts";
import { createFcmClient } from "../../../functions/src/fcm/client.ts";
import type { Services } from "../../../functions/src/services.ts";
import { createTestClock, type TestClock } from "../../support/clock.ts";
import { requestPbx, type Answered, type TestFunctions } from "../../support/functions.ts";

/** A minute and an hour, in milliseconds. */
export const minute = 60_000;
export const hour = 60 * minute;

/** The functions with a clock of their own; published messages wait until the test delivers them. */
export interface Setup {
  readonly clock: TestClock;
  readonly services: Services;
  /** The keys of pushes that were published and not yet delivered, oldest first. */
  readonly published: string[];
  /** Sends a request to the PBX's API. */
  pbx(method: string, path: string, body?: unknown): Promise<Answered>;
  /** Posts a push to a valid target; returns its id. */
  post(body: object): Promise<string>;
  /** The answer of `GET /pushes/{id}`. */
  shown(id: string): Promise<any>;
  /** Delivers the published messages. */
  deliver(): Promise<void>;
  /** Runs the minute job, and delivers what it publishes. */
  runMinute(): Promise<void>;
  /** The time `ms` milliseconds from now, as a PBX writes it. */
  in(ms: number): string;
  close(): Promise<void>;
}

/** Sets up the functions; `change` may replace some of the real services. */
export async function setUp(
  functions: TestFunctions,
  change: (services: Services) => Services = (services) => services,
): Promise<Setup> {
  const clock = createTestClock(Date.now());
  const { projectId, fcm: emulator } = functions;
  const { log } = functions.services;
  const fcm = createFcmClient({
    projectId,
    emulatorHost: emulator.address,
    clock,
    random: () => 0,
    onCredentialsRefused: (refusal) => log.error("fcm_credentials_refused", { ...refusal }),
  });
  const published: string[] = [];
  const publisher: Services["publisher"] = {
    publish: async (_, messages) => {
      published.push(...messages.map((message) => (message as { id: string }).id));
    },
    close: async () => undefined,
  };
  const services = change({ ...functions.services, clock, fcm, publisher });
  const url = await functions.servePbx(services);
  const pbx: Setup["pbx"] = (method, path, body) => requestPbx(url, method, path, body);
  const deliver = async () => {
    for (const id of published.splice(0)) await deliverPush(services, { id });
  };
  return {
    clock,
    services,
    published,
    pbx,
    post: async (body) => {
      const { status, text, body: answer } = await pbx("POST", "/pushes", { title: "점검", ...body });
      if (status !== 202) throw new Error(text);
      return answer.id;
    },
    shown: async (id) => (await pbx("GET", `/pushes/${id}`)).body,
    deliver,
    runMinute: async () => {
      await dispatchDue(services);
      await deliver();
    },
    in: (ms) => new Date(clock.now() + ms).toISOString(),
    close: () => fcm.close(),
  };
}

/** Creates an app at FCM; returns its token. */
export function install(functions: TestFunctions): string {
  return functions.fcm.createRegistration().token;
}

/** The key of a push of the demo PBX. */
export function keyOf(id: string): string {
  return `pbx-1~${id}`;
}

/** The database's record of a push of the demo PBX. */
export async function readRecord({ services }: TestFunctions, id: string): Promise<any> {
  return (await services.db.doc(`pushes/${keyOf(id)}`).get()).data();
}
