import { demoKeys } from "../../local/stack/demo-secret.ts";
import { readSecret, writeSecret } from "../../local/stack/secret-file.ts";
import { secretName, type KeySecret } from "./key-secret.ts";

/** The local stack's secret: a line of a file. Before the first start, it is the value that the start would write. */
export function openLocalKeySecret(file: string): KeySecret {
  return {
    read: async () => readSecret(file, secretName) ?? JSON.stringify(demoKeys),
    write: async (value) => {
      writeSecret(file, secretName, value);
    },
  };
}
