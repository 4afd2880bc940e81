import type { protos } from "@google-cloud/pubsub";

import type { RpcHandlers } from "../grpc/serve.ts";
import { applyMask } from "./field-mask.ts";
import { parseMessages } from "./message.ts";
import { pageOf } from "./page.ts";
import { parseProjectName } from "./resource-names.ts";
import { answering } from "./rpc-error.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { Topics } from "./topics.ts";
import type { WireTopic } from "./wire.ts";

const topicMask = {
  updatable: {
    labels: "labels",
    message_storage_policy: "messageStoragePolicy",
    message_retention_duration: "messageRetentionDuration",
    kms_key_name: "kmsKeyName",
    schema_settings: "schemaSettings",
    ingestion_data_source_settings: "ingestionDataSourceSettings",
    message_transforms: "messageTransforms",
  },
  fixed: ["name"],
} as const;

/** The RPCs of google.pubsub.v1.Publisher, all but ListTopicSnapshots. */
export function buildPublisherService(topics: Topics, subscriptions: Subscriptions): RpcHandlers {
  return {
    ...buildTopicRpcs(topics, subscriptions),
    ...buildListRpcs(topics),
    ...buildMessageRpcs(topics, subscriptions),
  };
}

function buildTopicRpcs(topics: Topics, subscriptions: Subscriptions) {
  return {
    CreateTopic: answering((config: WireTopic) => topics.create(config).config),
    GetTopic: answering(({ topic }: protos.google.pubsub.v1.IGetTopicRequest) => topics.get(topic).config),
    UpdateTopic: answering(({ topic: changes, updateMask }: protos.google.pubsub.v1.IUpdateTopicRequest) => {
      const topic = topics.get(changes?.name);
      topics.configure(topic, applyMask(topic.config, changes ?? {}, updateMask?.paths, topicMask));
      return topic.config;
    }),
    DeleteTopic: answering(({ topic: name }: protos.google.pubsub.v1.IDeleteTopicRequest) => {
      const topic = topics.get(name);
      topics.delete(topic);
      subscriptions.orphan(topic);
      return {};
    }),
  };
}

function buildListRpcs(topics: Topics) {
  return {
    ListTopics: answering((request: protos.google.pubsub.v1.IListTopicsRequest) => {
      const prefix = `${parseProjectName(request.project)}/topics/`;
      const names = [...topics.names()].filter((name) => name.startsWith(prefix));
      const page = pageOf(names, request);
      return { topics: page.names.map((name) => topics.get(name).config), nextPageToken: page.nextPageToken };
    }),
    ListTopicSubscriptions: answering((request: protos.google.pubsub.v1.IListTopicSubscriptionsRequest) => {
      const page = pageOf(topics.get(request.topic).backlogs.keys(), request);
      return { subscriptions: page.names, nextPageToken: page.nextPageToken };
    }),
  };
}

function buildMessageRpcs(topics: Topics, subscriptions: Subscriptions) {
  return {
    Publish: answering(({ topic, messages }: protos.google.pubsub.v1.IPublishRequest) => ({
      messageIds: topics.publish(topics.get(topic), parseMessages(messages)),
    })),
    DetachSubscription: answering(({ subscription }: protos.google.pubsub.v1.IDetachSubscriptionRequest) => {
      subscriptions.detach(subscriptions.get(subscription));
      return {};
    }),
  };
}
