import { createRequire } from "node:module";
import type * as Sdk from "@google-cloud/firestore";
import { Batcher } from "../../functions/src/batcher.ts";
import { reportCall } from "../../functions/src/rings/report-call.ts";
import { registerDevice } from "../../functions/src/devices/register-device.ts";
import { AccessDenied, InvalidRequest, TryAgain } from "../../functions/src/errors.ts";
import { createFcmClient, type FcmClient } from "../../functions/src/fcm/client.ts";
import type { Services } from "../../functions/src/services.ts";
import type { PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import { requestPbx, type TestFunctions } from "../support/functions.ts";
import type { ScriptedFirestore } from "../support/scripted-firestore/scripted-firestore.ts";
import type { TurnableClock } from "./turnable-clock.ts";

const requireFromFunctions = createRequire(new URL("../../functions/package.json", import.meta.url));
const { Firestore }: typeof Sdk = requireFromFunctions("@google-cloud/firestore");

/** Around what an instance runs. */
export interface Surroundings {
  readonly functions: TestFunctions;
  readonly firestore: ScriptedFirestore;
  /** The id of the database. */
  readonly database: string;
  readonly fcm: PushEmulator;
  readonly clock: TurnableClock;
  /** Hears of each push that FCM has answered. */
  readonly onSent: () => void;
}

/** What came of a request: status 0 when the instance died over it. */
export interface Answer {
  readonly status: number;
  readonly body: any;
}

/** When an instance dies, counted from now: with the request of that number to Firestore or to FCM. */
export interface DeathPlan {
  readonly at: "firestore" | "fcm";
  readonly request: number;
  /** Whether what it asked last is done all the same. */
  readonly isDone: boolean;
}

/** One instance of the service, with `pbx` and what phones call, that can stop dead at a request of its own. */
export interface Instance {
  pbx(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Answer>;
  report(uid: string, deviceId: string, callId: string, event: string): Promise<Answer>;
  /** Tells whether it was done. */
  register(uid: string, deviceId: string, token: string): Promise<boolean>;
  dieAt(plan: DeathPlan): void;
  /** Spares it the death that it was to die. */
  spare(): void;
  readonly isDead: boolean;
  close(): Promise<void>;
}

const forever = new Promise<never>(() => undefined);
const gone: Answer = { status: 0, body: undefined };
let instances = 0;

/** Starts an instance; of two with one name the later takes the place of the earlier. */
export async function startInstance(around: Surroundings, name: string): Promise<Instance> {
  const { functions, firestore, database, fcm: emulator, clock } = around;
  const client = `${name}-${(instances += 1)}`;
  const { projectId, services: common } = functions;
  const db = new Firestore({ projectId, databaseId: database, firebaseVersion: client, ssl: false });
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
    // Firestore lets go of what the dead hold in its own time; others would wait for that.
    firestore.database(database).endTransactions();
  });
  // What an instance keeps for itself dies with it.
  const own = { batcher: new Batcher(), unrecorded: new Map() };
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
      // What waits for Firestore on a dead one must not hear of an end either.
      if (!life.isDead) await Promise.all([real.close(), db.terminate()]);
    },
  };
}

/** What a callable makes of a use case's outcome. */
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
