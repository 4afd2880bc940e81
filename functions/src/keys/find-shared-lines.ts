import type { StoredKey } from "./manage-keys.ts";
import type { KeyGrant } from "./pbx-key.ts";

/** Warnings about keys of other PBXs that reach lines of a new key with a prefix, or whose lines the new key reaches. */
export function findSharedLines({ pbxId, extenPrefix }: KeyGrant, stored: readonly StoredKey[]): readonly string[] {
  if (extenPrefix === undefined) return [];
  const found = stored.flatMap((other) => {
    // A key that only asks about keys, such as the doctor's, reaches no line.
    if (other.document === undefined || other.pbxId === pbxId || other.document.scopes.join() === "keys") return [];
    const { extenPrefix: prefix, extens } = other.document;
    if (prefix === undefined) {
      return extens === undefined
        ? [`the key of ${other.pbxId} has neither --prefix nor --extens: it reaches every line`]
        : [];
    }
    if (!prefix.startsWith(extenPrefix) && !extenPrefix.startsWith(prefix)) return [];
    return [
      `the prefix ${prefix} of ${other.pbxId} and ${extenPrefix} begin alike: the shorter one reaches the lines of the longer one`,
    ];
  });
  return [...new Set(found)];
}
