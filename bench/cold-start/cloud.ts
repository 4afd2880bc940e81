import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSurroundings } from "../../local/cloud/surroundings.ts";
import { addCallee, pbxKeys } from "../callee.ts";
import { startFirstPushFcm } from "./first-push-fcm.ts";
import { startMetadataServer } from "./metadata-server.ts";

/** What an instance meets in the cloud: Firestore with one phone, a metadata server with tokens, FCM over TLS. */
export interface Cloud {
  readonly environment: Readonly<Record<string, string>>;
  /** When FCM accepts the next push, as `performance.now()` has it. */
  readonly nextPush: () => Promise<number>;
  close(): Promise<void>;
}

const projectId = "bench-cold-start";

/** Starts it all in this process; an access token takes `tokenMs`. */
export async function startCloud(tokenMs: number): Promise<Cloud> {
  const folder = await mkdtemp(join(tmpdir(), "pbx-push-cold-start-"));
  const [around, metadata, fcm] = await Promise.all([
    startSurroundings(projectId),
    startMetadataServer(projectId, tokenMs),
    startFirstPushFcm(),
  ]);
  await addCallee(around.db, around.fcm.createRegistration().token);
  const authority = join(folder, "authority.pem");
  await writeFile(authority, fcm.ca);
  return {
    environment: {
      GCLOUD_PROJECT: projectId,
      PBX_KEYS: pbxKeys,
      FIRESTORE_EMULATOR_HOST: around.firestore.host,
      GCE_METADATA_HOST: metadata.host,
      NODE_EXTRA_CA_CERTS: authority,
      NODE_OPTIONS: `--import=${leadToFcm(fcm.port)}`,
    },
    nextPush: fcm.nextPush,
    close: async () => {
      fcm.close();
      metadata.close();
      await around.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Neither sender has a setting for where FCM is that keeps TLS: in both processes, connections to Google end here. */
function leadToFcm(port: number): string {
  const code = `import tls from "node:tls";
const { connect } = tls;
tls.connect = (...args) => {
  const options = args.find((arg) => typeof arg === "object") ?? {};
  const isFcm = args.includes("fcm.googleapis.com") || [options.host, options.hostname, options.servername].includes("fcm.googleapis.com");
  if (!isFcm) return connect(...args);
  return connect({ ...options, host: "127.0.0.1", port: ${port}, servername: "localhost" });
};`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
