import { unimplementedField } from "./rpc-error.ts";

/** Throws UNIMPLEMENTED for a field that is set and that this server ignores. */
export function assertSupported(kind: string, config: object, supported: readonly string[]): void {
  for (const [field, value] of Object.entries(config)) {
    if (!supported.includes(field) && Boolean(value)) {
      throw unimplementedField(`${kind}.${field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`);
    }
  }
}
