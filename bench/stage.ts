import type { Firestore } from "@google-cloud/firestore";
import { buildFunctions } from "../local/build-functions.ts";
import { startFunction, type FunctionOptions, type FunctionProcess } from "../harness/function-process.ts";
import { startBackends } from "../harness/backends.ts";
import { createTokens } from "./bulk/sender.ts";
import { addCallee, addIphone } from "./callee.ts";
import { heapFlag, startGoogle } from "./google/google.ts";
import { startLeanFcm } from "./lean-fcm/lean-fcm.ts";

/**
 * The deployed `pbx` in a process of its own, with an exten that has one phone and another that has an iPhone, and FCM and
 * APNs over TLS in another process.
 */
export interface Stage {
  readonly pbx: FunctionProcess;
  readonly projectId: string;
  /** The phone's registration token. */
  readonly token: string;
  readonly db: Firestore;
  /** Starts the `pbx` of another folder on the same stage. */
  startPeer(source: string): Promise<FunctionProcess>;
  close(): Promise<void>;
}

/** Options of the stage. */
interface StageOptions {
  /** Delay of FCM's answers; default 0. */
  readonly fcmMs?: number;
  /** Additional Node flags for our `pbx`. */
  readonly flags?: readonly string[];
}

/** Builds the functions and starts everything. */
export async function startStage(projectId: string, { fcmMs = 0, flags = [] }: StageOptions = {}): Promise<Stage> {
  // This process's Pub/Sub client would look for a metadata server.
  process.env["METADATA_SERVER_DETECTION"] = "none";
  await buildFunctions();
  const [backends, fcm] = await Promise.all([startBackends(projectId), startLeanFcm({ delayMs: fcmMs })]);
  const port = Number(new URL(fcm.origin).port);
  const firestoreHost = backends.firestore.host;
  const google = await startGoogle({ projectId, tokenMs: 20, firestoreHost, fcm: { port, ca: fcm.ca } });
  const [token = "", iphone = ""] = createTokens(2);
  await addCallee(backends.db, token);
  await addIphone(backends.db, iphone);
  const started: FunctionProcess[] = [];
  const start = async (whose: "ours" | "theirs", options: Pick<FunctionOptions, "source" | "flags"> = {}) => {
    const environment = google.environment(whose);
    const allFlags = [heapFlag, ...(options.flags ?? [])];
    const running = await startFunction("pbx", { ...options, signatureType: "http", environment, flags: allFlags });
    started.push(running);
    return running;
  };
  return {
    pbx: await start("ours", { flags }),
    projectId,
    token,
    db: backends.db,
    startPeer: (source) => start("theirs", { source }),
    close: async () => {
      await Promise.all(started.map((running) => running.kill()));
      await Promise.all([fcm.stop(), google.close(), backends.close()]);
    },
  };
}
