/** Where a project keeps the secret `PBX_KEYS`. */
export interface KeySecret {
  /** The latest value, or that of a version; `undefined` if there is none. A local secret has no versions. */
  read(version?: string): Promise<string | undefined>;
  /** Stores a new version; rejects if it cannot be read back. */
  write(value: string): Promise<void>;
}

/** What the functions call the secret; `deployedName` says what the project calls it. */
export const secretName = "PBX_KEYS";
