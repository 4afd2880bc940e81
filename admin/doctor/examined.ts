import { fileURLToPath } from "node:url";
import type { Services } from "../../functions/src/services.ts";
import type { KeySecret } from "../keys/key-secret.ts";
import type { Finding } from "./finding.ts";
import type { GoogleApi } from "../cloud/google-api.ts";

/** The deployment that is looked at, and all it is looked at with. */
export interface Examined {
  readonly projectId: string;
  /** Google's word on what is deployed; absent on the local stack, which is what this checkout says. */
  readonly google?: GoogleApi;
  readonly services: Services;
  /** What this checkout would deploy, with the shell's own settings. */
  readonly settings: NodeJS.ProcessEnv;
  /** Where the functions are. */
  readonly region: string;
  readonly keySecret: KeySecret;
  /** Where the PBX API is. */
  readonly pbxUrl: string;
  /** The keys to show there; the first places the call that wakes a device. */
  readonly keys: readonly string[];
  /** The device to wake. */
  readonly deviceId?: string;
}

/** One thing that is looked at. */
export interface Check {
  readonly name: string;
  readonly run: (examined: Examined) => Promise<readonly Finding[]>;
}

/** A file of this checkout, by its path from the root. */
export function fileOfCheckout(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}
