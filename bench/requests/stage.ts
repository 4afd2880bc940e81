import type { Firestore } from "@google-cloud/firestore";
import { buildFunctions } from "../../local/cloud/build-functions.ts";
import { startFunction } from "../../local/cloud/function-process.ts";
import { startSurroundings } from "../../local/cloud/surroundings.ts";
import { addCallee, pbxKeys } from "../callee.ts";
import { startChild } from "../children/child.ts";
import type { FcmChild, FcmInput } from "../children/fcm.ts";
import type { Server } from "./fastapi.ts";

/** The deployed `pbx` in a process of its own, with one exten that has one phone, and an FCM in another process. */
export interface Stage {
  readonly pbx: Server;
  readonly projectId: string;
  readonly fcmHost: string;
  /** The phone's registration token. */
  readonly token: string;
  readonly db: Firestore;
  close(): Promise<void>;
}

/** Builds the functions and starts it all. */
export async function startStage(projectId: string): Promise<Stage> {
  // The Pub/Sub client of this process looks for a metadata server too.
  process.env["METADATA_SERVER_DETECTION"] = "none";
  await buildFunctions();
  const around = await startSurroundings(projectId);
  const fcmInput: FcmInput = { projectId, phones: 1 };
  const fcm = startChild<FcmChild>(new URL("../children/fcm.ts", import.meta.url), fcmInput);
  const { address, tokens } = await fcm.next();
  const token = tokens[0] ?? "";
  await addCallee(around.db, token);
  const environment = { ...around.environment, FCM_EMULATOR_HOST: address, PBX_KEYS: pbxKeys };
  const pbx = await startFunction("pbx", { signatureType: "http", environment });
  return {
    pbx,
    projectId,
    fcmHost: address,
    token,
    db: around.db,
    close: async () => {
      await pbx.kill();
      await fcm.stop();
      await around.close();
    },
  };
}
