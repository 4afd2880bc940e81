import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCertificate } from "../../harness/certificate.ts";
import { buildFunctions } from "../../local/build-functions.ts";
import { startFunction, type FunctionProcess } from "../../harness/function-process.ts";
import { demoApns } from "../../harness/demo-apns.ts";
import { startBackends, type Backends } from "../../harness/backends.ts";
import { startIdentityServer, type Person } from "../support/identity.ts";
import { savePbxKey } from "../../harness/pbx-keys.ts";
import { demoKey } from "../support/functions.ts";

/** Shared by all scenarios: the servers around the functions, and the callables for the phones. */
export interface SharedServices {
  readonly surroundings: Backends;
  /** The environment of a deployed function, without its proxies. */
  readonly environment: Readonly<Record<string, string>>;
  readonly registerDevice: FunctionProcess;
  readonly reportCall: FunctionProcess;
  /** A user of this scenario only, and a free number for them. */
  nextPerson(): { readonly person: Person; readonly exten: string };
  close(): Promise<void>;
}

const portOf = (address: string): string => address.split(":")[1] ?? "";

const people = Array.from({ length: 200 }, (_, nth): Person => ({ uid: `user-${nth}`, email: `${nth}@example.com` }));

/** Builds the functions and starts the shared servers on free ports. */
export async function startSharedServices(): Promise<SharedServices> {
  const certificate = await createCertificate([
    "fcm.googleapis.com",
    "api.push.apple.com",
    "api.sandbox.push.apple.com",
  ]);
  const folder = await mkdtemp(join(tmpdir(), "faults-"));
  const caFile = join(folder, "ca.pem");
  await Promise.all([writeFile(caFile, certificate.cert), buildFunctions()]);
  // Otherwise the Pub/Sub client of this process looks for a metadata server.
  process.env["METADATA_SERVER_DETECTION"] = "none";
  const [surroundings, identity] = await Promise.all([
    startBackends(undefined, { tls: certificate }),
    startIdentityServer(people),
  ]);
  const { FCM_EMULATOR_HOST: _fcm, APNS_EMULATOR_HOST: _apns, ...around } = surroundings.environment;
  const environment = {
    ...around,
    AUDIENCE_SHARDS: "2",
    CAMPAIGN_RAMP_SECONDS: "0",
    FIREBASE_AUTH_EMULATOR_HOST: identity.host,
    NODE_EXTRA_CA_CERTS: caFile,
    NODE_OPTIONS: `--import=${import.meta.resolve("./preload.ts")}`,
    FCM_AT: portOf(surroundings.fcm.address),
    APNS_AT: portOf(surroundings.fcm.apns.production.address),
    ...demoApns,
  };
  const [registerDevice, reportCall] = await Promise.all(
    ["registerDevice", "reportCall"].map(async (name) => startFunction(name, { signatureType: "http", environment })),
  );
  await savePbxKey(surroundings.db, demoKey);
  if (registerDevice === undefined || reportCall === undefined) throw new Error("Both callables must have started");
  let given = 0;
  return {
    surroundings,
    environment,
    registerDevice,
    reportCall,
    nextPerson: () => {
      const person = people[given];
      if (person === undefined) throw new Error("More scenarios than people");
      given += 1;
      return { person, exten: `0704514${String(given).padStart(4, "0")}` };
    },
    close: async () => {
      await Promise.all([registerDevice.stop(), reportCall.stop()]);
      identity.close();
      await surroundings.close();
      await rm(folder, { recursive: true });
    },
  };
}
