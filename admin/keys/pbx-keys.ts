import { createHash, randomBytes } from "node:crypto";
import { Misconfigured } from "../../functions/src/errors.ts";
import { parsePbxKeyEntries, pbxKeyEntry, type PbxKeyEntry } from "../../functions/src/keys/pbx-key.ts";
import { explainIssue } from "../../functions/src/parse-input.ts";
import { WrongUsage } from "../command/errors.ts";

/** The id and the restrictions of a new key. */
export interface KeyRequest {
  readonly id: string;
  readonly scopes?: readonly string[] | undefined;
  readonly extens?: readonly string[] | undefined;
  readonly ips?: readonly string[] | undefined;
}

/** A new key and its entry in the secret. Throws {@link WrongUsage} if the entry is invalid. */
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

/** The entries without the key of that id; `digest` is the start of its digest, needed if several keys share the id. */
export function withoutKey(entries: readonly PbxKeyEntry[], id: string, digest = ""): readonly PbxKeyEntry[] {
  const found = entries.filter((entry) => entry.id === id && entry.sha256.toLowerCase().startsWith(digest));
  if (found.length === 0) throw new Error(`There is no key ${id}${digest && ` with the digest ${digest}…`}`);
  if (found.length > 1) {
    const digests = found.map(({ sha256 }) => shortenDigest(sha256)).join(", ");
    throw new WrongUsage(`There are ${found.length} keys ${id}: choose one with --sha256: ${digests}`);
  }
  return entries.filter((entry) => entry !== found[0]);
}

/** The entries of the secret. Throws if it cannot be parsed, so that no command overwrites it. */
export function readEntries(secret: string | undefined): readonly PbxKeyEntry[] {
  try {
    return parsePbxKeyEntries(secret ?? "");
  } catch (error) {
    if (!(error instanceof Misconfigured)) throw error;
    throw new Error(`${error.message}. Nothing was changed: npm run ops -- doctor says what to do`, { cause: error });
  }
}

/** The first digits of a digest, enough to tell keys apart. */
export function shortenDigest(sha256: string): string {
  return sha256.slice(0, 8).toLowerCase();
}

/** The digest that the secret keeps for a key. */
export function digestOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
