import { status } from "@grpc/grpc-js";

import { invalidArgument, RpcError } from "./rpc-error.ts";

/** What an Update request may name in its mask. */
export interface MaskRules<Field extends string> {
  /** By the name in the mask, the field it changes. */
  readonly updatable: Readonly<Record<string, Field>>;
  /** Names that exist but stay as they were created. */
  readonly fixed: readonly string[];
}

/** Takes the masked fields from `changes` and the rest from `current`, as every Update RPC does. */
export function applyMask<Resource extends object, Field extends string & keyof Resource>(
  current: Resource,
  changes: Resource,
  paths: readonly string[] | null | undefined,
  rules: MaskRules<Field>,
): Resource {
  if (!paths || paths.length === 0) throw invalidArgument("The update_mask must name at least one field");
  const updated = { ...current };
  for (const path of paths) {
    const field = rules.updatable[path];
    if (rules.fixed.includes(path)) throw invalidArgument(`The field ${path} cannot be updated`);
    if (field === undefined) {
      throw new RpcError(status.UNIMPLEMENTED, `Updating ${path} is not implemented by this local Pub/Sub server`);
    }
    if (changes[field] === undefined) delete updated[field];
    else updated[field] = changes[field];
  }
  return updated;
}
