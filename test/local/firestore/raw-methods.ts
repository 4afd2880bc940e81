import assert from "node:assert/strict";

import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";

import { firestoreProtos } from "../../../local/firestore/protos.ts";

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the package's only service
const service = firestoreProtos["google.firestore.v1.Firestore"] as ServiceDefinition;

/** Calls an RPC without the Admin SDK. */
// oxlint-disable-next-line typescript/no-explicit-any -- each RPC has message types of its own
export function getMethod(rpc: string): MethodDefinition<any, any> {
  return service[rpc] ?? assert.fail(`there is no RPC ${rpc}`);
}
