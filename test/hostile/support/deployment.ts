import { readFile, writeFile } from "node:fs/promises";
import type { TestContext } from "node:test";
import { startBackends } from "../../../harness/backends.ts";
import { startFunction, type FunctionProcess } from "../../../harness/function-process.ts";
import { savePbxKey } from "../../../harness/pbx-keys.ts";
import { buildFunctions } from "../../../local/build-functions.ts";
import { alice, demoKey, requestPbx } from "../../support/functions.ts";
import { issueIdToken, startIdentityServer } from "../../support/identity.ts";

/** The key of a second PBX. */
export const otherKey = "other-pbx-key";

/** The exten that has a phone. */
export const exten = "07045144801";

/** The heap of an instance of 512 MiB, and the setting that a deployment adds. */
const heapOfInstance = ["--max-old-space-size=256", "--max-semi-space-size=16"];

/** Built functions in processes with the heap of a deployed instance, and an exten with a phone. */
export interface Deployment {
  readonly pbx: FunctionProcess;
  readonly registerDevice: FunctionProcess;
  /** An ID token of the phone's user. */
  readonly idToken: string;
  close(): Promise<void>;
}

/** Builds the functions, and starts the PBX's API and a callable. */
export async function startDeployment(): Promise<Deployment> {
  await buildFunctions();
  const [emulators, identity] = await Promise.all([startBackends(), startIdentityServer([alice])]);
  await savePbxKey(emulators.db, demoKey);
  await savePbxKey(emulators.db, otherKey, { pbxId: "pbx-2" });
  const environment = {
    ...emulators.environment,
    FIREBASE_AUTH_EMULATOR_HOST: identity.host,
    AUDIENCE_SHARDS: "2",
  };
  const start = async (name: string) =>
    startFunction(name, { signatureType: "http", environment, flags: heapOfInstance });
  const [pbx, registerDevice] = await Promise.all([start("pbx"), start("registerDevice")]);
  const idToken = issueIdToken(emulators.projectId, alice);
  const { token: value } = emulators.fcm.createRegistration();
  const data = { deviceId: "phone-1", platform: "android", registration: { kind: "token", value } };
  await requestPbx(registerDevice.url, "POST", "/", { data }, { headers: phoneHeaders(idToken) });
  await requestPbx(pbx.url, "PUT", `/lines/${exten}`, { uid: alice.uid });
  return {
    pbx,
    registerDevice,
    idToken,
    close: async () => {
      await Promise.all([pbx.kill(), registerDevice.kill()]);
      identity.close();
      await emulators.close();
    },
  };
}

/** The headers of a phone's request. */
export function phoneHeaders(idToken: string): Record<string, string> {
  return { authorization: `Bearer ${idToken}`, "content-type": "application/json" };
}

let calls = 0;

/** Announces a call of its own; returns the status of the answer, and how many milliseconds it took. */
export async function announce({ pbx }: Deployment, key?: string): Promise<{ status: number; ms: number }> {
  const body = { call_id: `good.${(calls += 1)}`, exten };
  const init =
    key === undefined ? {} : { headers: { authorization: `Bearer ${key}`, "content-type": "application/json" } };
  const startedAt = performance.now();
  const { status } = await requestPbx(pbx.url, "POST", "/calls", body, init);
  return { status, ms: performance.now() - startedAt };
}

/** Runs `work`; returns by how many MiB the process's peak memory then exceeds its memory before. */
export async function growthWhile(
  test: TestContext,
  { pid }: FunctionProcess,
  work: () => Promise<void>,
): Promise<number> {
  // Sets the peak back to the present: https://docs.kernel.org/filesystems/proc.html
  await writeFile(`/proc/${pid}/clear_refs`, "5");
  const before = await readPeak(pid);
  try {
    await work();
  } finally {
    test.diagnostic(`resident memory: ${before.toFixed(0)} MiB before, ${(await readPeak(pid)).toFixed(0)} at most`);
  }
  return (await readPeak(pid)) - before;
}

/** The peak resident memory of a process, in MiB. */
async function readPeak(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
