import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import { fromJSON } from "@grpc/proto-loader";

const sdk = dirname(createRequire(import.meta.url).resolve("@google-cloud/firestore"));

// The decoded messages must look as google-gax makes them, since the bridge was written for those.
const asGaxDecodes = { longs: String, enums: String, oneofs: true };

/** The definition of google.firestore.v1 that the Admin SDK itself was built with. */
export const firestoreProtos = fromJSON(JSON.parse(readFileSync(join(sdk, "../protos/v1.json"), "utf8")), asGaxDecodes);
