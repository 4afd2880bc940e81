import type { protos } from "@google-cloud/pubsub";

import type { RpcHandlers } from "../grpc/serve.ts";
import { parseAckIds } from "./ack-ids.ts";
import type { Alarms } from "./alarms.ts";
import { applyMask } from "./field-mask.ts";
import { pageOf } from "./page.ts";
import { pulling } from "./pull.ts";
import { parseProjectName } from "./resource-names.ts";
import { answering, unimplementedField } from "./rpc-error.ts";
import { streamingPull } from "./streaming-pull.ts";
import { parseModifiedDeadlineMs } from "./subscription-config.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { WireSubscription } from "./wire.ts";

const subscriptionMask = {
  updatable: {
    labels: "labels",
    ack_deadline_seconds: "ackDeadlineSeconds",
    retain_acked_messages: "retainAckedMessages",
    message_retention_duration: "messageRetentionDuration",
    expiration_policy: "expirationPolicy",
    retry_policy: "retryPolicy",
    dead_letter_policy: "deadLetterPolicy",
    push_config: "pushConfig",
    enable_exactly_once_delivery: "enableExactlyOnceDelivery",
    bigquery_config: "bigqueryConfig",
    cloud_storage_config: "cloudStorageConfig",
    bigtable_config: "bigtableConfig",
    message_transforms: "messageTransforms",
  },
  fixed: ["name", "topic", "filter", "enable_message_ordering"],
} as const;

/** The RPCs of google.pubsub.v1.Subscriber, all but Seek and those on snapshots. */
export function buildSubscriberService(subscriptions: Subscriptions, alarms: Alarms): RpcHandlers {
  return {
    ...buildSubscriptionRpcs(subscriptions),
    ...buildLeaseRpcs(subscriptions),
    Pull: pulling(subscriptions, alarms),
    StreamingPull: streamingPull(subscriptions),
  };
}

function buildSubscriptionRpcs(subscriptions: Subscriptions) {
  return {
    CreateSubscription: answering((config: WireSubscription) => subscriptions.create(config).config),
    GetSubscription: answering(
      ({ subscription }: protos.google.pubsub.v1.IGetSubscriptionRequest) => subscriptions.get(subscription).config,
    ),
    UpdateSubscription: answering((request: protos.google.pubsub.v1.IUpdateSubscriptionRequest) => {
      const changes = request.subscription ?? {};
      const subscription = subscriptions.get(changes.name);
      const config = applyMask(subscription.config, changes, request.updateMask?.paths, subscriptionMask);
      subscriptions.configure(subscription, config);
      return subscription.config;
    }),
    ListSubscriptions: answering((request: protos.google.pubsub.v1.IListSubscriptionsRequest) => {
      const prefix = `${parseProjectName(request.project)}/subscriptions/`;
      const names = [...subscriptions.names()].filter((name) => name.startsWith(prefix));
      const page = pageOf(names, request);
      const configs = page.names.map((name) => subscriptions.get(name).config);
      return { subscriptions: configs, nextPageToken: page.nextPageToken };
    }),
    DeleteSubscription: answering(({ subscription }: protos.google.pubsub.v1.IDeleteSubscriptionRequest) => {
      subscriptions.delete(subscriptions.get(subscription));
      return {};
    }),
    ModifyPushConfig: answering((request: protos.google.pubsub.v1.IModifyPushConfigRequest) => {
      subscriptions.get(request.subscription);
      if (request.pushConfig?.pushEndpoint)
        throw unimplementedField("ModifyPushConfigRequest.push_config.push_endpoint");
      return {};
    }),
  };
}

function buildLeaseRpcs(subscriptions: Subscriptions) {
  return {
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
