import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { pbxKeys } from "../callee.ts";
import { startMetadataServer } from "./metadata-server.ts";

/** What an instance finds of Google when it is not told of emulators: access tokens, and FCM over TLS. */
export interface Google {
  /** The variables of an instance; ours also has the options of Node that a deployment gives it. */
  environment(whose: "ours" | "theirs"): Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Where everybody is. */
export interface GoogleOptions {
  readonly projectId: string;
  /** How long an access token takes. */
  readonly tokenMs: number;
  /** `host:port`. */
  readonly firestoreHost: string;
  readonly fcm: { readonly port: number; readonly ca: string };
}

/** What Node gives JavaScript of the 512 MiB that an instance has in the cloud, where this machine has many times that. */
export const heapFlag = "--max-heap-size=259";

/** Starts what is missing: the metadata server. */
export async function startGoogle({ projectId, tokenMs, firestoreHost, fcm }: GoogleOptions): Promise<Google> {
  const folder = await mkdtemp(join(tmpdir(), "pbx-push-google-"));
  const authority = join(folder, "authority.pem");
  await writeFile(authority, fcm.ca);
  const metadata = await startMetadataServer(projectId, tokenMs);
  const deployed = await readDeployedOptions();
  return {
    environment: (whose) => ({
      GCLOUD_PROJECT: projectId,
      PBX_KEYS: pbxKeys,
      FIRESTORE_EMULATOR_HOST: firestoreHost,
      GCE_METADATA_HOST: metadata.host,
      NODE_EXTRA_CA_CERTS: authority,
      NODE_OPTIONS: [`--import=${leadToFcm(fcm.port)}`, ...(whose === "ours" ? [deployed] : [])].join(" "),
    }),
    close: async () => {
      metadata.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The `NODE_OPTIONS` of every deployed function. */
export async function readDeployedOptions(): Promise<string> {
  const settings = await readFile(new URL("../../functions/.env.demo-pbx-push", import.meta.url), "utf8");
  return parseEnv(settings)["NODE_OPTIONS"] ?? "";
}

/** No sender has a setting for where FCM is that keeps TLS: connections to Google end here. */
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
