import { readConfig } from "../../functions/src/config.ts";
import { createLog, type LogEntry } from "../../functions/src/log.ts";
import { closeServices, createServices, type Services } from "../../functions/src/services.ts";
import { fetchCloudToken } from "../cloud/access-token.ts";
import { readLocalSecrets } from "../../local/stack/demo-secret.ts";
import { host, ports, projectId as localProjectId } from "../../local/stack/ports.ts";
import { Failure } from "../command/errors.ts";
import { isListening, isLocal } from "./project.ts";
import { readSettings } from "./settings.ts";

/** The services of a project; the process stays up until `close`. */
export interface Connection {
  readonly services: Services;
  readonly close: () => Promise<void>;
}

/** Where the local stack listens. */
const localStack = {
  FIRESTORE_EMULATOR_HOST: `${host}:${ports.firestore}`,
  PUBSUB_EMULATOR_HOST: `${host}:${ports.pubsub}`,
  FCM_EMULATOR_HOST: `${host}:${ports.fcm}`,
  APNS_EMULATOR_HOST: `${host}:${ports.apns}`,
  FIREBASE_AUTH_EMULATOR_HOST: `${host}:${ports.auth}`,
  METADATA_SERVER_DETECTION: "none",
};

/** Connects with Application Default Credentials, or to the local stack if the project id begins with `demo-`. */
export async function connect(projectId: string, settings?: NodeJS.ProcessEnv): Promise<Connection> {
  // The Admin SDK reads these from the environment itself.
  if (isLocal(projectId)) Object.assign(process.env, { ...localStack, ...process.env });
  const emulator = process.env["FIRESTORE_EMULATOR_HOST"];
  if (emulator === undefined) await fetchCloudToken();
  else await requireListener(emulator);
  const secrets = projectId === localProjectId ? readLocalSecrets() : {};
  const services = createServices(readConfig({ ...secrets, ...readSettings(projectId), ...settings }));
  return {
    services: { ...services, log: createLog({ showCallerData: false, sink: printWarning }) },
    close: async () => closeServices(services),
  };
}

/** Of the log, only warnings and errors are printed: commands print their own results. */
function printWarning({ severity, message, ...fields }: LogEntry): void {
  if (severity !== "INFO") process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
}

/** Fails fast: the Admin SDK waits minutes for a Firestore that does not run. */
async function requireListener(address: string): Promise<void> {
  if (await isListening(address)) return;
  const advice = "start the local stack with npm start, or set FIRESTORE_EMULATOR_HOST";
  throw new Failure(`No Firestore listens at ${address}`, advice);
}
