import { isDeepStrictEqual } from "node:util";

import { status } from "@grpc/grpc-js";

import { assertSize, takeFields } from "./check-fields.ts";
import { FieldsDraft, getField, parseFieldPath } from "./field-path.ts";
import { parseDocumentName } from "./names.ts";
import { RpcError } from "./rpc-error.ts";
import type { Changes, StoredDocument } from "./store.ts";
import { applyTransform } from "./transforms.ts";
import { toMicros, toTimestamp } from "./values.ts";
import type { WirePrecondition, WireTransform, WireValue, WireWrite, WireWriteResult } from "./wire.ts";

/** A write that sets fields; without `update` it deletes the document. */
interface ParsedWrite {
  readonly path: string;
  readonly update: WireWrite["update"];
  readonly mask: string[] | undefined;
  readonly transforms: readonly WireTransform[];
  readonly condition: WirePrecondition;
}

/** The name of a write's document. Throws INVALID_ARGUMENT unless the write is exactly one of its three kinds. */
export function nameOf({ update, delete: deleted, transform }: WireWrite): string {
  const names = [update?.name, deleted, transform?.document].filter((name) => name !== undefined);
  const [name] = names;
  if (name !== undefined && names.length === 1) return name;
  throw new RpcError(status.INVALID_ARGUMENT, "A write must be one of update, delete and transform");
}

/** The documents as a commit at `time` leaves them. All writes or none: it throws before anything has changed. */
export function applyWrites(
  root: string,
  writes: readonly WireWrite[],
  time: number,
  read: (path: string) => StoredDocument | undefined,
): { changes: Changes; results: WireWriteResult[] } {
  const changes = new Map<string, StoredDocument | undefined>();
  const results = writes.map((write) => {
    const parsed = parseWrite(root, write);
    const { path, condition, update } = parsed;
    const before = changes.has(path) ? changes.get(path) : read(path);
    assertCondition(path, before, condition);
    if (update === undefined) {
      changes.set(path, undefined);
      return { updateTime: toTimestamp(time) };
    }
    const { fields, transformResults } = buildFields(parsed, before, time);
    assertSize(path, fields);
    // A write that changes nothing leaves the update time as it was.
    const isSame = before !== undefined && isDeepStrictEqual(fields, before.fields);
    const after = isSame ? before : { path, fields, createTime: before?.createTime ?? time, updateTime: time };
    if (!isSame) changes.set(path, after);
    return {
      updateTime: toTimestamp(after.updateTime),
      ...(transformResults.length > 0 && { transformResults }),
    };
  });
  return { changes, results };
}

function parseWrite(root: string, write: WireWrite): ParsedWrite {
  const { update, transform, updateMask, updateTransforms = [], currentDocument = {} } = write;
  const path = parseDocumentName(root, nameOf(write));
  if (path === "") throw new RpcError(status.INVALID_ARGUMENT, "A write must name a document");
  if (write.delete !== undefined && updateMask !== undefined) {
    throw new RpcError(status.INVALID_ARGUMENT, "A delete must not have an update mask");
  }
  const common = { path, condition: currentDocument };
  if (transform !== undefined) {
    // The older form of a transform: it changes no other field.
    const { document: name, fieldTransforms: transforms = [] } = transform;
    return { ...common, update: { name }, mask: [], transforms };
  }
  return { ...common, update, mask: updateMask && (updateMask.fieldPaths ?? []), transforms: updateTransforms };
}

function assertCondition(path: string, before: StoredDocument | undefined, { exists, updateTime }: WirePrecondition) {
  if (exists === true && before === undefined) throw new RpcError(status.NOT_FOUND, `No document to update: ${path}`);
  if (exists === false && before !== undefined) {
    throw new RpcError(status.ALREADY_EXISTS, `Document already exists: ${path}`);
  }
  if (updateTime !== undefined && before?.updateTime !== toMicros(updateTime)) {
    throw new RpcError(status.FAILED_PRECONDITION, `Document was not last updated at that time: ${path}`);
  }
}

function buildFields({ update, mask, transforms }: ParsedWrite, before: StoredDocument | undefined, time: number) {
  const sent = takeFields(update?.fields);
  const draft = new FieldsDraft(mask === undefined ? sent : (before?.fields ?? {}));
  for (const path of mask ?? []) {
    const keys = parseFieldPath(path);
    draft.set(keys, getField(sent, keys));
  }
  const transformResults: WireValue[] = transforms.map((transform) => {
    const keys = parseFieldPath(transform.fieldPath ?? "");
    const { value, result } = applyTransform(transform, getField(draft.fields, keys), time);
    draft.set(keys, value);
    return result;
  });
  return { fields: draft.fields, transformResults };
}
