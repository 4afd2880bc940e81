// https://firebase.google.com/docs/firestore/query-data/index-overview
import { status } from "@grpc/grpc-js";

import type { IndexConfig, IndexedField } from "./index-config.ts";
import { describeNeed, type IndexableQuery, type Need } from "./index-need.ts";
import { RpcError } from "./rpc-error.ts";

/** Throws FAILED_PRECONDITION for a query without an index, as the cloud does. The official emulator does not. */
export function requireIndex(config: IndexConfig, query: IndexableQuery): void {
  const need = describeNeed(query);
  const fields = [...need.equal, ...need.sorted];
  const isOneField = new Set(fields.map(({ fieldPath }) => fieldPath)).size <= 1;
  // Firestore merges single-field indexes for a query without sorting and array filters.
  const isMerged = need.sorted.length === 0 && need.equal.every(({ arrayConfig }) => arrayConfig === undefined);
  const isServed =
    isOneField || isMerged
      ? fields.every((field) => hasAutomatic(config, need, field))
      : config.indexes.some((index) => {
          return (
            index.collectionGroup === need.collection && index.queryScope === need.scope && fits(index.fields, need)
          );
        });
  if (!isServed) throw new RpcError(status.FAILED_PRECONDITION, `The query requires an index: ${describe(need)}`);
}

/** Firestore indexes every field of a collection, unless an override on the field or on a map around it says otherwise. */
function hasAutomatic({ fieldOverrides = [] }: IndexConfig, { collection, scope }: Need, field: IndexedField): boolean {
  const override = fieldOverrides
    .filter(({ collectionGroup }) => collectionGroup === collection)
    .filter(({ fieldPath }) => field.fieldPath === fieldPath || field.fieldPath.startsWith(`${fieldPath}.`))
    .reduce<(typeof fieldOverrides)[number] | undefined>(
      (closest, one) => (one.fieldPath.length > (closest?.fieldPath.length ?? 0) ? one : closest),
      undefined,
    );
  if (override === undefined) return scope === "COLLECTION";
  return override.indexes.some((index) => (index.queryScope ?? "COLLECTION") === scope && serves(index, field));
}

function serves(index: Omit<IndexedField, "fieldPath">, { order, arrayConfig }: IndexedField): boolean {
  if (arrayConfig !== undefined) return index.arrayConfig === arrayConfig;
  return order === undefined ? index.order !== undefined : index.order === order;
}

function fits(fields: readonly IndexedField[], { equal, sorted }: Need): boolean {
  const named = fields.filter(({ fieldPath }) => fieldPath !== "__name__");
  const head = named.slice(0, equal.length);
  const tail = named.slice(equal.length);
  if (tail.length !== sorted.length) return false;
  if (!equal.every((field) => head.some((one) => one.fieldPath === field.fieldPath && serves(one, field))))
    return false;
  const turns = sorted.map(({ fieldPath, order }, at) => {
    return tail[at]?.fieldPath === fieldPath ? tail[at].order === order : undefined;
  });
  // Firestore can read an index backwards, but only with all its fields reversed.
  return !turns.includes(undefined) && new Set(turns).size <= 1;
}

function describe({ collection, scope, equal, sorted }: Need): string {
  const fields = [...equal, ...sorted].map(({ fieldPath, order, arrayConfig }) => {
    return `${fieldPath} ${arrayConfig ?? order ?? "ASCENDING"}`;
  });
  return `${collection} (${scope}): ${fields.join(", ")}`;
}
