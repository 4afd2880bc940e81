import { setTimeout as delay } from "node:timers/promises";
import { PubSub, type Message } from "@google-cloud/pubsub";

/** What is needed to bring the messages of a topic to a function. */
export interface Delivery {
  readonly projectId: string;
  readonly pubsubHost: string;
  readonly pubsubTopic: string;
  /** Where the function listens. */
  readonly url: string;
  /** How many messages the function gets at once. */
  readonly concurrency?: number;
}

/** Eventarc waits ten seconds before it delivers again; here it only must not spin. */
const backoffMs = 50;

/** Brings every message of a topic to a function, as Eventarc does: as a CloudEvent, and again until the function answers 2xx. */
export async function deliverMessages({ projectId, pubsubHost, pubsubTopic, url, concurrency = 4 }: Delivery) {
  const client = new PubSub({ projectId, apiEndpoint: pubsubHost, emulatorMode: true });
  const [topic] = await client.topic(pubsubTopic).get({ autoCreate: true });
  const [subscription] = await topic.createSubscription(`eventarc-${pubsubTopic}`, {
    flowControl: { maxMessages: concurrency },
  });
  let stopped = false;
  const hand = async (message: Message) => {
    const response = await post(url, message, subscription.name).catch(() => undefined);
    if (response?.ok === true) return message.ack();
    if (!stopped) await delay(backoffMs);
    message.nack();
  };
  subscription.on("message", (message: Message) => void hand(message));
  return async () => {
    stopped = true;
    await subscription.close();
    await client.close();
  };
}

async function post(url: string, { id, data, attributes }: Message, subscription: string) {
  const message = { messageId: id, data: data.toString("base64"), attributes, publishTime: new Date().toISOString() };
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "ce-specversion": "1.0",
      "ce-id": id,
      "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
      "ce-source": "//pubsub.googleapis.com/projects/demo/topics/topic",
    },
    body: JSON.stringify({ message, subscription }),
  });
  await response.arrayBuffer();
  return response;
}
