import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import { fromJSON } from "@grpc/proto-loader";

const sdk = dirname(createRequire(import.meta.url).resolve("@google-cloud/firestore"));

// An int64 does not fit in a number; `oneofs` names the field of a value that is set.
const decoding = { longs: String, enums: String, oneofs: true };

/** The definition of google.firestore.v1 that the Admin SDK ships. */
export const firestoreProtos = fromJSON(JSON.parse(readFileSync(join(sdk, "../protos/v1.json"), "utf8")), decoding);
