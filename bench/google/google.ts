import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { demoApns } from "../../harness/demo-apns.ts";
import { naiveKeys } from "../callee.ts";
import { startMetadataServer } from "./metadata-server.ts";

/** Google's services for an instance without emulator settings, and Apple's: access tokens, FCM and APNs over TLS. */
export interface Google {
  /** The variables of an instance; ours also gets the `NODE_OPTIONS` of a deployment. */
  environment(whose: "ours" | "theirs"): Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Addresses and delays. */
export interface GoogleOptions {
  readonly projectId: string;
  /** Delay of an access token. */
  readonly tokenMs: number;
  /** `host:port`. */
  readonly firestoreHost: string;
  /** Takes the pushes for APNs, too. */
  readonly fcm: { readonly port: number; readonly ca: string };
}

/** Node's default heap limit on an instance of 512 MiB; this machine has far more memory. */
export const heapFlag = "--max-heap-size=259";

/** Starts the metadata server. */
export async function startGoogle({ projectId, tokenMs, firestoreHost, fcm }: GoogleOptions): Promise<Google> {
  const folder = await mkdtemp(join(tmpdir(), "pbx-push-google-"));
  const authority = join(folder, "authority.pem");
  await writeFile(authority, fcm.ca);
  const metadata = await startMetadataServer(projectId, tokenMs);
  const deployed = await readDeployedOptions();
  return {
    environment: (whose) => ({
      GCLOUD_PROJECT: projectId,
      FIRESTORE_EMULATOR_HOST: firestoreHost,
      GCE_METADATA_HOST: metadata.host,
      NODE_EXTRA_CA_CERTS: authority,
      ...(whose === "theirs" ? { PBX_KEYS: naiveKeys } : demoApns),
      NODE_OPTIONS: [`--import=${redirectPushes(fcm.port)}`, ...(whose === "ours" ? [deployed] : [])].join(" "),
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

/** Redirects connections to FCM and APNs: no sender has a setting for their addresses that keeps TLS. */
function redirectPushes(port: number): string {
  const code = `import tls from "node:tls";
const { connect } = tls;
tls.connect = (...args) => {
  const options = args.find((arg) => typeof arg === "object") ?? {};
  const named = [...args, options.host, options.hostname, options.servername];
  if (!["fcm.googleapis.com", "api.push.apple.com"].some((host) => named.includes(host))) return connect(...args);
  return connect({ ...options, host: "127.0.0.1", port: ${port}, servername: "localhost" });
};`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
