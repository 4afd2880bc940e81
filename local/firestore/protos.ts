import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import { fromJSON } from "@grpc/proto-loader";

const sdk = dirname(createRequire(import.meta.url).resolve("@google-cloud/firestore"));

// An int64 does not fit into a number; `oneofs` tells which field of a value is set.
const decoding = { longs: String, enums: String, oneofs: true };

/** The definition of google.firestore.v1 that the Admin SDK itself was built with. */
export const firestoreProtos = fromJSON(JSON.parse(readFileSync(join(sdk, "../protos/v1.json"), "utf8")), decoding);
