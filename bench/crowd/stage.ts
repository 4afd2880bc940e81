import { buildFunctions } from "../../local/build-functions.ts";
import { startFunction } from "../../harness/function-process.ts";
import { startFunctions, type Person, type TestFunctions } from "../../test/support/functions.ts";
import {
  startScriptedFirestore,
  type ScriptedDatabase,
} from "../../test/support/scripted-firestore/scripted-firestore.ts";

/** Delay of each Firestore request and of each answer of FCM. */
export interface Delays {
  readonly firestoreMs: number;
  readonly fcmMs: number;
}

/** Lines with their phones. */
export interface Crowd {
  readonly extens: readonly string[];
  readonly phones: readonly { readonly person: Person; readonly deviceId: string; readonly token: string }[];
}

/** The deployed `pbx` in its own process; the phones' callables run in this process. */
export interface CrowdStage {
  readonly functions: TestFunctions;
  readonly pbxUrl: string;
  readonly database: ScriptedDatabase;
  /** Registers lines and their phones, without Firestore's delay. */
  addCrowd(lines: number, phones: number): Promise<Crowd>;
  close(): Promise<void>;
}

/** One user for each line of all crowds. */
const people = Array.from({ length: 23 }, (_, nth): Person => ({ uid: `user-${nth}`, email: `${nth}@example.com` }));

/** Starts everything. Only one stage per process: the functions read their settings from its environment. */
export async function startCrowdStage({ firestoreMs, fcmMs }: Delays): Promise<CrowdStage> {
  const [firestore] = await Promise.all([startScriptedFirestore(), buildFunctions()]);
  const functions = await startFunctions({ FIRESTORE_EMULATOR_HOST: firestore.host }, people);
  const { projectId, fcm } = functions;
  const pbx = await startFunction("pbx", {
    signatureType: "http",
    environment: {
      GCLOUD_PROJECT: projectId,
      METADATA_SERVER_DETECTION: "none",
      FIRESTORE_EMULATOR_HOST: firestore.host,
      FCM_EMULATOR_HOST: fcm.address,
    },
  });
  const free = [...people];
  const database = firestore.database("(default)");
  const addCrowd = async (lines: number, phones: number): Promise<Crowd> => {
    database.faults.delay = () => 0;
    const added = await Promise.all(
      Array.from({ length: lines }, (_, nth) =>
        addLine(functions, free.shift()!, `07${lines}${String(nth).padStart(2, "0")}`, phones),
      ),
    );
    database.faults.delay = () => firestoreMs;
    return { extens: added.map(({ exten }) => exten), phones: added.flatMap((line) => line.phones) };
  };
  fcm.addFault({ delay_ms: fcmMs, times: Number.MAX_SAFE_INTEGER });
  return {
    functions,
    pbxUrl: pbx.url,
    database,
    addCrowd,
    close: async () => {
      await pbx.kill();
      await functions.close();
      await firestore.close();
    },
  };
}

async function addLine(functions: TestFunctions, person: Person, exten: string, phones: number) {
  const devices = Array.from({ length: phones }, (_, nth) => ({
    person,
    deviceId: `${exten}-${nth}`,
    token: functions.fcm.createRegistration().token,
  }));
  await expect200(functions.pbx("PUT", `/lines/${exten}`, { uid: person.uid }));
  for (const { deviceId, token } of devices) {
    const registration = { kind: "token", value: token };
    await expect200(functions.call("registerDevice", person, { deviceId, platform: "android", registration }));
  }
  return { exten, phones: devices };
}

async function expect200(asked: Promise<{ readonly status: number; readonly text: string }>): Promise<void> {
  const { status, text } = await asked;
  if (status !== 200) throw new Error(`The setup failed: ${status} ${text}`);
}
