import { createHash } from "node:crypto";

/** Namespace of this service's name-based ids; a random UUID. */
const namespace = Buffer.from("6f1d2f0a5c1b4d0e9a4c8f3e2b7d9c51", "hex");

/** The UUID v5 (RFC 9562, §5.5) of a list of texts: equal lists have equal ids, different lists have different ones. */
export function buildUuid(...parts: readonly string[]): string {
  const hash = createHash("sha1").update(namespace).update(JSON.stringify(parts)).digest().subarray(0, 16);
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  return hash.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
