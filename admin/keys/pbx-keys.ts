import { createHash, randomBytes } from "node:crypto";
import { Misconfigured } from "../../functions/src/errors.ts";
import { parsePbxKeyEntries, pbxKeyEntry, type PbxKeyEntry } from "../../functions/src/keys/pbx-key.ts";
import { explainIssue } from "../../functions/src/parse-input.ts";
import { WrongUsage } from "../command/errors.ts";

/** What a new key is for. */
export interface KeyRequest {
  readonly id: string;
  readonly scopes?: readonly string[] | undefined;
  readonly extens?: readonly string[] | undefined;
  readonly ips?: readonly string[] | undefined;
}

/** A new key, and the entry that stands for it. Throws {@link WrongUsage} when the secret could not hold that entry. */
export function createKey({ id, ...restrictions }: KeyRequest): { readonly key: string; readonly entry: PbxKeyEntry } {
  const key = randomBytes(32).toString("hex");
  const lists = Object.entries(restrictions).filter(([, list]) => list !== undefined);
  const entry = pbxKeyEntry.safeParse(
    { id, sha256: digestOf(key), ...Object.fromEntries(lists) },
    { error: explainIssue },
  );
  if (entry.success) return { key, entry: entry.data };
  const faults = entry.error.issues.map(({ path, message }) => {
    const [field, index] = path;
    const list = new Map(lists).get(String(field));
    return `${String(field)} ${list?.[Number(index)] ?? id}: ${message}`;
  });
  throw new WrongUsage(faults.join("; "));
}

/** Without the one that is told by id and, where several share the id, by the beginning of its digest. */
export function withoutKey(entries: readonly PbxKeyEntry[], id: string, digest = ""): readonly PbxKeyEntry[] {
  const found = entries.filter((entry) => entry.id === id && entry.sha256.toLowerCase().startsWith(digest));
  if (found.length === 0) throw new Error(`There is no key ${id}${digest && ` with the digest ${digest}…`}`);
  if (found.length > 1) {
    const digests = found.map(({ sha256 }) => shortenDigest(sha256)).join(", ");
    throw new WrongUsage(`There are ${found.length} keys ${id}: say which, --sha256 with one of ${digests}`);
  }
  return entries.filter((entry) => entry !== found[0]);
}

/** What the secret says now; throws with the way out when that cannot be read, so that nothing is written over it. */
export function readEntries(secret: string | undefined): readonly PbxKeyEntry[] {
  try {
    return parsePbxKeyEntries(secret ?? "");
  } catch (error) {
    if (!(error instanceof Misconfigured)) throw error;
    throw new Error(`${error.message}. Nothing was changed: npm run ops -- doctor says what to do`, { cause: error });
  }
}

/** As much of a digest as tells keys apart. */
export function shortenDigest(sha256: string): string {
  return sha256.slice(0, 8).toLowerCase();
}

/** What the secret keeps of a key. */
export function digestOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
