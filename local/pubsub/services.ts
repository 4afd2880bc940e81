import type { protos } from "@google-cloud/pubsub";

import type { RpcHandlers } from "../grpc/serve.ts";
import { parseAckIds } from "./ack-ids.ts";
import { parseModifiedDeadlineMs } from "./deadlines.ts";
import { parseMessages } from "./message.ts";
import { answering } from "./rpc-error.ts";
import { streamingPull } from "./streaming-pull.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { Topics } from "./topics.ts";
import type { WireSubscription, WireTopic } from "./wire.ts";

/** The RPCs of google.pubsub.v1.Publisher that publishers use. */
export function buildPublisher(topics: Topics): RpcHandlers {
  return {
    CreateTopic: answering((config: WireTopic) => topics.create(config).config),
    GetTopic: answering(({ topic }: protos.google.pubsub.v1.IGetTopicRequest) => topics.get(topic).config),
    Publish: answering(({ topic, messages }: protos.google.pubsub.v1.IPublishRequest) => ({
      messageIds: topics.publish(topics.get(topic), parseMessages(messages)),
    })),
  };
}

/** The RPCs of google.pubsub.v1.Subscriber that the client library's `subscription.on("message")` uses. */
export function buildSubscriber(subscriptions: Subscriptions): RpcHandlers {
  return {
    CreateSubscription: answering((config: WireSubscription) => subscriptions.create(config).config),
    GetSubscription: answering(
      ({ subscription }: protos.google.pubsub.v1.IGetSubscriptionRequest) => subscriptions.get(subscription).config,
    ),
    StreamingPull: streamingPull(subscriptions),
    Acknowledge: answering(({ subscription, ackIds }: protos.google.pubsub.v1.IAcknowledgeRequest) => {
      const { backlog } = subscriptions.get(subscription);
      for (const ackId of parseAckIds(ackIds)) backlog.acknowledge(ackId);
      return {};
    }),
    ModifyAckDeadline: answering((request: protos.google.pubsub.v1.IModifyAckDeadlineRequest) => {
      const { backlog } = subscriptions.get(request.subscription);
      const deadlineMs = parseModifiedDeadlineMs(request.ackDeadlineSeconds);
      for (const ackId of parseAckIds(request.ackIds)) backlog.modifyDeadline(ackId, deadlineMs);
      return {};
    }),
  };
}
