import { status } from "@grpc/grpc-js";

import { RpcError } from "./rpc-error.ts";
import { fieldsOf } from "./values.ts";
import type { WireFields, WireMask, WireValue } from "./wire.ts";

const segment = /(?:([A-Za-z_]\w*)|`((?:[^`\\]|\\[^])+)`)(\.?)/y;

/** The keys of a path such as ``a.`b.c` ``; throws INVALID_ARGUMENT for an invalid path. */
export function parseFieldPath(path: string): string[] {
  const keys: string[] = [];
  let isOpen = true;
  segment.lastIndex = 0;
  while (isOpen) {
    const [, plain, quoted = "", dot] = segment.exec(path) ?? refuse(path);
    keys.push(assertFieldName(plain ?? quoted.replaceAll(/\\([^])/g, "$1")));
    isOpen = dot === ".";
    if (!isOpen && segment.lastIndex < path.length) refuse(path);
  }
  return keys;
}

function refuse(path: string): never {
  throw new RpcError(status.INVALID_ARGUMENT, `Invalid field path ${JSON.stringify(path)}`);
}

const maxNameBytes = 1500;

/** Checks a field's name and returns it; throws INVALID_ARGUMENT. */
export function assertFieldName(name: string): string {
  if (name === "" || Buffer.byteLength(name) > maxNameBytes) {
    throw new RpcError(status.INVALID_ARGUMENT, `A field's name must be 1 to ${maxNameBytes} bytes: "${name}"`);
  }
  if (/^__[^]*__$/.test(name)) throw new RpcError(status.INVALID_ARGUMENT, `The field name "${name}" is reserved`);
  return name;
}

/** The value at a path; undefined if there is none. */
export function getField(fields: WireFields, keys: readonly string[]): WireValue | undefined {
  let value: WireValue | undefined = { mapValue: { fields } };
  for (const key of keys) {
    const inside = fieldsOf(value);
    value = inside !== undefined && Object.hasOwn(inside, key) ? inside[key] : undefined;
  }
  return value;
}

/** Only the fields that a mask names. */
export function selectFields(fields: WireFields, { fieldPaths = [] }: WireMask): WireFields {
  const selected = new FieldsDraft({});
  for (const path of fieldPaths.filter((each) => each !== "__name__")) {
    const keys = parseFieldPath(path);
    const value = getField(fields, keys);
    if (value !== undefined) selected.set(keys, value);
  }
  return selected.fields;
}

/** Fields that are being changed, copy-on-write: unchanged maps are shared with the original. */
export class FieldsDraft {
  fields: WireFields;
  readonly #own = new WeakSet<WireFields>();

  constructor(fields: WireFields) {
    this.fields = this.#copy(fields);
  }

  /** Sets a value, and replaces anything but maps on its path with maps. `undefined` removes the value and creates no maps. */
  set(keys: readonly string[], value: WireValue | undefined): void {
    if (value === undefined && getField(this.fields, keys) === undefined) return;
    let target = this.fields;
    for (const key of keys.slice(0, -1)) {
      const inside = this.#copy((Object.hasOwn(target, key) ? fieldsOf(target[key]) : undefined) ?? {});
      target[key] = { valueType: "mapValue", mapValue: { fields: inside } };
      target = inside;
    }
    const last = keys.at(-1) ?? "";
    if (value === undefined) delete target[last];
    else target[last] = value;
  }

  #copy(fields: WireFields): WireFields {
    if (this.#own.has(fields)) return fields;
    const copy = { ...fields };
    this.#own.add(copy);
    return copy;
  }
}
