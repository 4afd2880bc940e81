import type { protos as types } from "@google-cloud/pubsub";
import protos from "@google-cloud/pubsub/build/protos/protos.json" with { type: "json" };
import { fromJSON, type PackageDefinition } from "@grpc/proto-loader";

/** A message of a publisher or to a subscriber. */
export type WireMessage = types.google.pubsub.v1.IPubsubMessage;

/** A message with the ack id of this delivery. */
export type WireReceivedMessage = types.google.pubsub.v1.IReceivedMessage;

/** A topic's configuration. */
export type WireTopic = types.google.pubsub.v1.ITopic;

/** A subscription's configuration. */
export type WireSubscription = types.google.pubsub.v1.ISubscription;

/** google.pubsub.v1 as the client library ships it: https://cloud.google.com/pubsub/docs/reference/rpc/google.pubsub.v1 */
export const pubsubProtos: PackageDefinition = fromJSON(protos, { longs: Number, enums: String });

/** The `google.protobuf.Timestamp` of a time in milliseconds. */
export function toTimestamp(ms: number): types.google.protobuf.ITimestamp {
  return { seconds: Math.floor(ms / 1000), nanos: Math.round((ms % 1000) * 1e6) };
}
