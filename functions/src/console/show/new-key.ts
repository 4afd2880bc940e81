import { shortenDigest } from "../../keys/key-document.ts";
import type { NewKey as MadeKey, StoredKey } from "../../keys/manage-keys.ts";
import { findPbxUrl } from "../../pbx-url.ts";
import type { Services } from "../../services.ts";
import type { NewKey } from "../wire.ts";

/** A key that was just made, and what to say of it. */
export interface Shown {
  readonly pbxId: string;
  readonly made: MadeKey;
  readonly others: readonly StoredKey[];
  readonly warnings: readonly string[];
}

/** A new key with its secret: this answer is the only place that has it. */
export function showOnce({ config }: Services, { pbxId: pbx, made, others, warnings }: Shown): NewKey {
  const url = findPbxUrl(config);
  return {
    pbxId: pbx,
    sha256: shortenDigest(made.sha256),
    key: made.key,
    settings: `[general]\nurl_1 = ${url}\nkey = ${made.key}\n`,
    warnings,
    others: others.map(({ sha256 }) => shortenDigest(sha256)),
  };
}
