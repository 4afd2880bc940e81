// The first edition kept its keys in a secret: a JSON array with a digest and restrictions for each.
import { readFileSync } from "node:fs";
import { z } from "zod";
import { shortenDigest } from "../../functions/src/keys/key-document.ts";
import { storeKey } from "../../functions/src/keys/manage-keys.ts";
import { keyGrant } from "../../functions/src/keys/pbx-key.ts";
import { explainIssue } from "../../functions/src/parse-input.ts";
import { hasStatus } from "../../functions/src/firestore/status.ts";
import type { Services } from "../../functions/src/services.ts";

const formerScopes = ["calls", "send", "lines"] as const;

/** An entry of `PBX_KEYS`; without `scopes` it had all of them. */
const entry = z
  .strictObject({
    id: keyGrant.shape.pbxId,
    sha256: z.string().regex(/^[0-9a-fA-F]{64}$/, "must be 64 hex digits"),
    scopes: z.array(z.enum(formerScopes)).min(1).optional(),
    extens: keyGrant.shape.extens,
    ips: keyGrant.shape.ips,
  })
  .transform(({ id, sha256, scopes = [...formerScopes], ...rest }) => {
    return { sha256: sha256.toLowerCase(), grant: { pbxId: id, scopes, ...rest } };
  });

/** The first digits of the keys that were stored, and of those that were stored before. */
export interface Imported {
  readonly stored: readonly string[];
  readonly known: readonly string[];
}

/** Stores the keys of a secret `PBX_KEYS`, read from a file or from standard input (`-`): all, or none if one is wrong. */
export async function importKeys(services: Services, file: string): Promise<Imported> {
  const entries = parseSecret(readFileSync(file === "-" ? 0 : file, "utf8"));
  const stored: string[] = [];
  const known: string[] = [];
  for (const { sha256, grant } of entries) {
    try {
      await storeKey(services, sha256, grant);
      stored.push(shortenDigest(sha256));
    } catch (error) {
      if (!hasStatus(error, "ALREADY_EXISTS")) throw error;
      known.push(shortenDigest(sha256));
    }
  }
  return { stored, known };
}

/** The Firebase CLI prints its warnings before the secret, on the same stream. */
function parseSecret(text: string): readonly z.output<typeof entry>[] {
  const lines = text.trim().split("\n");
  const start = lines.findIndex((_, index) => isJson(lines.slice(index).join("\n")));
  // The parser's own message would quote the secret.
  if (start < 0) throw new Error("This is not the secret PBX_KEYS: it is not JSON. Nothing was stored");
  const parsed = z.array(entry).safeParse(JSON.parse(lines.slice(start).join("\n")), { error: explainIssue });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`);
  throw new Error(`Nothing was stored: ${faults.join("; ")}`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
