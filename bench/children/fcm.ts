import { startPushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import { readInput, report } from "./child.ts";

/** Input of an FCM emulator in a child process. */
export interface FcmInput {
  readonly projectId: string;
  /** Number of phones to register. */
  readonly phones: number;
}

/** Where it listens, as `host:port`, and the registration tokens of its phones. */
export interface FcmChild {
  readonly address: string;
  readonly tokens: readonly string[];
}

const { projectId, phones } = readInput<FcmInput>();
const fcm = await startPushEmulator({ port: 0, projectId });
const tokens = Array.from({ length: phones }, () => fcm.createRegistration().token);
report({ address: fcm.address, tokens } satisfies FcmChild);
