// https://firebase.google.com/docs/firestore/quotas#collections_documents_and_fields
import { status } from "@grpc/grpc-js";

import { RpcError } from "./rpc-error.ts";

const maxIdBytes = 1500;
const maxDepth = 100;
const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** The path of a document, or "" for the root, in the database whose documents are under `root`; throws INVALID_ARGUMENT. */
export function parseDocumentName(root: string, name: string | undefined): string {
  const path = parseName(root, name);
  if (path !== "" && path.split("/").length % 2 === 1) refuse(name, "it names a collection");
  return path;
}

/** The path of a collection inside the database. */
export function parseCollectionName(root: string, name: string): string {
  const path = parseName(root, name);
  if (path.split("/").length % 2 === 0) refuse(name, "it names a document");
  return path;
}

function parseName(root: string, name = ""): string {
  if (name === root) return "";
  if (!name.startsWith(`${root}/`)) refuse(name, `it is not in ${root}`);
  const path = name.slice(root.length + 1);
  const ids = path.split("/");
  if (ids.length > 2 * maxDepth) refuse(name, `it is more than ${maxDepth} documents deep`);
  for (const [at, id] of ids.entries()) {
    if (id === "" || id === "." || id === "..") refuse(name, `"${id}" is not an id`);
    if (Buffer.byteLength(id) > maxIdBytes) refuse(name, `an id may be ${maxIdBytes} bytes`);
    const isReserved = /^__[^]+__$/.test(id) && !(at % 2 === 1 && isNumericId(id));
    if (isReserved) refuse(name, `the id "${id}" is reserved`);
  }
  return path;
}

function isNumericId(id: string): boolean {
  const [, digits] = /^__id(-?\d{1,19})__$/.exec(id) ?? [];
  return digits !== undefined && BigInt(digits) >= int64.min && BigInt(digits) <= int64.max;
}

function refuse(name: string | undefined, reason: string): never {
  throw new RpcError(status.INVALID_ARGUMENT, `Invalid resource name ${JSON.stringify(name)}: ${reason}`);
}
