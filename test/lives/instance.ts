import { createRequire } from "node:module";
import type * as Sdk from "@google-cloud/firestore";
import { Batcher } from "../../functions/src/batcher.ts";
import { reportCall } from "../../functions/src/rings/report-call.ts";
import { registerDevice } from "../../functions/src/devices/register-device.ts";
import { AccessDenied, InvalidRequest, TryAgain } from "../../functions/src/errors.ts";
import { createFcmClient, type FcmClient } from "../../functions/src/fcm/client.ts";
import type { Services } from "../../functions/src/services.ts";
import type { PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import { savePbxKey } from "../../harness/pbx-keys.ts";
import { demoKey, requestPbx, type TestFunctions } from "../support/functions.ts";
import type { ScriptedFirestore } from "../support/scripted-firestore/scripted-firestore.ts";
import type { TurnableClock } from "./turnable-clock.ts";

const requireFromFunctions = createRequire(new URL("../../functions/package.json", import.meta.url));
const { Firestore }: typeof Sdk = requireFromFunctions("@google-cloud/firestore");

/** What an instance runs on. */
export interface Surroundings {
  readonly functions: TestFunctions;
  readonly firestore: ScriptedFirestore;
  /** The id of the database. */
  readonly database: string;
  readonly fcm: PushEmulator;
  readonly clock: TurnableClock;
  /** Called after each push that FCM has answered. */
  readonly onSent: () => void;
}

/** The answer to a request; status 0 when the instance died before it answered. */
export interface Answer {
  readonly status: number;
  readonly body: any;
}

/** When an instance dies: at its request of that number to Firestore or to FCM, counted from now. */
export interface DeathPlan {
  readonly at: "firestore" | "fcm";
  readonly request: number;
  /** Whether that last request still takes effect. */
  readonly isDone: boolean;
}

/** One instance of the service, with `pbx` and the phones' callables, that can die at any of its requests. */
export interface Instance {
  pbx(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Answer>;
  report(uid: string, deviceId: string, callId: string, event: string): Promise<Answer>;
  /** Resolves to whether it succeeded. */
  register(uid: string, deviceId: string, token: string): Promise<boolean>;
  dieAt(plan: DeathPlan): void;
  /** Cancels its death plan. */
  spare(): void;
  readonly isDead: boolean;
  close(): Promise<void>;
}

const forever = new Promise<never>(() => undefined);
const gone: Answer = { status: 0, body: undefined };
let instances = 0;

/** Starts an instance; it replaces an earlier one of the same name. */
export async function startInstance(around: Surroundings, name: string): Promise<Instance> {
  const { functions, firestore, database, fcm: emulator, clock } = around;
  const client = `${name}-${(instances += 1)}`;
  const { projectId, services: common } = functions;
  const db = new Firestore({ projectId, databaseId: database, firebaseVersion: client, ssl: false });
  await savePbxKey(db, demoKey);
  const real = createFcmClient({ projectId, emulatorHost: emulator.address, clock });
  const life = { isDead: false, sendsLeft: Infinity, isLastDone: false };
  const waiting = new Set<() => void>();
  const untilDeath = async (asked: Promise<Answer>): Promise<Answer> => {
    const { promise: died, resolve } = Promise.withResolvers<Answer>();
    const give = () => resolve(gone);
    waiting.add(give);
    if (life.isDead) give();
    try {
      return await Promise.race([asked, died]);
    } finally {
      waiting.delete(give);
    }
  };
  const fcm: FcmClient = {
    ...real,
    send: async (...message) => {
      if (life.isDead) return forever;
      life.sendsLeft -= 1;
      if (life.sendsLeft > 0) {
        const outcome = await real.send(...message);
        around.onSent();
        return life.isDead ? forever : outcome;
      }
      if (life.isLastDone) await real.send(...message);
      around.onSent();
      firestore.kill(client);
      return forever;
    },
  };
  firestore.onDeath(client, () => {
    life.isDead = true;
    for (const give of waiting) give();
    // Firestore releases a dead client's locks after a while; the others would wait for that.
    firestore.database(database).endTransactions();
  });
  // State that an instance keeps in memory dies with it.
  const own = { batcher: new Batcher(), unrecorded: new Map(), pushing: new Map() };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same class, from the functions' own copy
  const services = { ...common, ...own, db, fcm, clock } as unknown as Services;
  const { url, close } = await functions.openPbx(name, services);
  return {
    pbx: (method, path, body, signal) => {
      const cut = new AbortController();
      signal?.addEventListener("abort", () => cut.abort());
      const asked = requestPbx(url, method, path, body, { signal: cut.signal }).catch((error: unknown) => {
        if (cut.signal.aborted) return gone;
        throw error;
      });
      return untilDeath(asked).finally(() => life.isDead && cut.abort());
    },
    report: (uid, deviceId, callId, event) => {
      const report = { uid, deviceId, callId, event } as Parameters<typeof reportCall>[1];
      return untilDeath(answerPhone(reportCall(services, report)));
    },
    register: async (uid, deviceId, token) => {
      const registration = { kind: "token", value: token } as const;
      const registered = registerDevice(services, { uid, deviceId, platform: "android", registration });
      return (await untilDeath(answerPhone(registered))).status === 200;
    },
    dieAt: ({ at, request, isDone }) => {
      if (at === "firestore") firestore.dieAt(client, { request, isDone });
      else Object.assign(life, { sendsLeft: request, isLastDone: isDone });
    },
    spare: () => {
      firestore.dieAt(client, { request: Infinity, isDone: false });
      life.sendsLeft = Infinity;
    },
    get isDead() {
      return life.isDead;
    },
    close: async () => {
      close();
      // A dead instance's pending Firestore calls must not learn of the close either.
      if (!life.isDead) await Promise.all([real.close(), db.terminate()]);
    },
  };
}

/** Turns a use case's outcome into a callable's answer. */
async function answerPhone(outcome: Promise<unknown>): Promise<Answer> {
  try {
    return { status: 200, body: await outcome };
  } catch (error) {
    if (error instanceof AccessDenied) return { status: 403, body: error.message };
    if (error instanceof InvalidRequest) return { status: 400, body: error.message };
    if (error instanceof TryAgain) return { status: 503, body: error.message };
    return { status: 500, body: error };
  }
}
