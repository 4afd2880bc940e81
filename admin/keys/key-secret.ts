/** Where a project keeps the secret `PBX_KEYS`. */
export interface KeySecret {
  /** What is stored now, or was as that version; `undefined` when nothing is. A local secret has no versions. */
  read(version?: string): Promise<string | undefined>;
  /** Stores a new version; rejects unless that can be read back. */
  write(value: string): Promise<void>;
}

/** What the functions call the secret; `deployedName` says what the project calls it. */
export const secretName = "PBX_KEYS";
