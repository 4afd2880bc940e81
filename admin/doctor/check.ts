import { fileURLToPath } from "node:url";
import type { Services } from "../../functions/src/services.ts";
import type { NamedDevice } from "../devices/find-device.ts";
import type { Finding } from "../../functions/src/doctor/finding.ts";
import type { GoogleApi } from "../cloud/google-api.ts";

/** The deployment to check, and the clients to read it with. */
export interface CheckContext {
  readonly projectId: string;
  /** Reads what is deployed; absent on the local stack, which runs this checkout. */
  readonly google?: GoogleApi;
  readonly services: Services;
  /** The settings that this checkout would deploy, overridden by those of the shell. */
  readonly settings: NodeJS.ProcessEnv;
  /** Region of the functions. */
  readonly region: string;
  /** URL of the PBX API. */
  readonly pbxUrl: string;
  /** PBX keys to try; the first also places the call that wakes a device. */
  readonly keys: readonly string[];
  /** The device to wake. */
  readonly device?: NamedDevice;
}

/** One check of the doctor. */
export interface Check {
  readonly name: string;
  readonly run: (context: CheckContext) => Promise<readonly Finding[]>;
}

/** A file of this checkout, by its path from the root. */
export function fileOfCheckout(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}
