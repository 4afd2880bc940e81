import { startFcmEmulator } from "../../local/fcm/emulator.ts";
import { readInput, report } from "../children/child.ts";

/** What the FCM of a sweep is started with. */
export interface SweepFcmInput {
  readonly projectId: string;
  /** How many phones it is to know. */
  readonly phones: number;
}

/** Where it listens, as `host:port`, and the registration tokens of its phones. */
export interface SweepFcm {
  readonly address: string;
  readonly tokens: readonly string[];
}

const { projectId, phones } = readInput<SweepFcmInput>();
const fcm = await startFcmEmulator({ port: 0, projectId });
const tokens = Array.from({ length: phones }, () => fcm.createRegistration().token);
report({ address: fcm.address, tokens } satisfies SweepFcm);
