import { status } from "@grpc/grpc-js";
import { Firestore } from "firebase-admin/firestore";

import { getSerializer } from "./bridge.ts";
import type { Serializer } from "./bridge-types.ts";
import { RpcError } from "./rpc-error.ts";
import type { WireValue } from "./wire.ts";

/** Decodes and encodes the values of one project as Firestore stores them: timestamps to the microsecond, and an integer the engine would silently round is refused. */
export function buildCodec(projectId: string): Serializer {
  const serializer = getSerializer(new Firestore({ projectId }));
  const codec: Serializer = Object.create(serializer);
  codec.decodeValue = function decodeValue(this: Serializer, value) {
    return serializer.decodeValue.call(this, toStored(value));
  };
  return codec;
}

function toStored(value: WireValue): WireValue {
  const { integerValue, timestampValue } = value;
  if (integerValue !== undefined && !Number.isSafeInteger(Number(integerValue))) {
    throw new RpcError(
      status.UNIMPLEMENTED,
      `The integer ${integerValue} is beyond 2^53, which this local server cannot keep exactly`,
    );
  }
  if (timestampValue?.nanos === undefined) return value;
  const nanos = timestampValue.nanos - (timestampValue.nanos % 1000);
  return { ...value, timestampValue: { ...timestampValue, nanos } };
}
