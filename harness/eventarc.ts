// https://docs.cloud.google.com/eventarc/docs/run/pubsub
import { setTimeout as delay } from "node:timers/promises";
import { PubSub, type Message } from "@google-cloud/pubsub";

/** Which messages to bring. */
export interface DeliveryOptions {
  readonly projectId: string;
  readonly pubsubHost: string;
  readonly pubsubTopic: string;
  /** How long a message that an instance has not taken waits. Eventarc waits ten seconds; by default it is just not spun on. */
  readonly backoffMs?: number;
}

/** A message that an instance has been given and has not answered yet. */
export interface Delivery {
  readonly url: string;
  /** The message's data, decoded. */
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** What brings the messages of a topic to the instances of a function. */
export interface Deliveries {
  /** From now on an instance gets messages, at most `concurrency` at once; the returned function ends that. */
  addInstance(url: string, concurrency: number): () => void;
  /** What the instances are at. */
  underWay(): readonly Delivery[];
  stop(): Promise<void>;
}

const outstandingMessages = 10_000;

/**
 * Brings every message of a topic to whichever instance has room for it, as Eventarc does: as a CloudEvent, and again until
 * an instance answers 2xx.
 */
export async function deliverMessages(options: DeliveryOptions): Promise<Deliveries> {
  const { projectId, pubsubHost, pubsubTopic, backoffMs = 50 } = options;
  const client = new PubSub({ projectId, apiEndpoint: pubsubHost, emulatorMode: true });
  const [topic] = await client.topic(pubsubTopic).get({ autoCreate: true });
  const [subscription] = await topic.createSubscription(`eventarc-${pubsubTopic}`, {
    flowControl: { maxMessages: outstandingMessages },
  });
  const dispatcher = new Dispatcher(subscription.name, backoffMs);
  subscription.on("message", (message: Message) => dispatcher.add(message));
  return {
    addInstance: (url, concurrency) => dispatcher.addInstance(url, concurrency),
    underWay: () => dispatcher.underWay(),
    stop: async () => {
      dispatcher.stop();
      await subscription.close();
      await client.close();
    },
  };
}

interface Instance {
  readonly url: string;
  readonly concurrency: number;
  readonly underWay: Set<Delivery>;
}

/** The messages that wait and the instances that may have room. */
class Dispatcher {
  readonly #subscription: string;
  readonly #backoffMs: number;
  readonly #instances = new Set<Instance>();
  readonly #waiting: Message[] = [];
  #isStopped = false;

  constructor(subscription: string, backoffMs: number) {
    this.#subscription = subscription;
    this.#backoffMs = backoffMs;
  }

  add(message: Message): void {
    this.#waiting.push(message);
    this.#dispatch();
  }

  addInstance(url: string, concurrency: number): () => void {
    const instance = { url, concurrency, underWay: new Set<Delivery>() };
    this.#instances.add(instance);
    this.#dispatch();
    return () => void this.#instances.delete(instance);
  }

  underWay(): readonly Delivery[] {
    return [...this.#instances].flatMap(({ underWay }) => [...underWay]);
  }

  stop(): void {
    this.#isStopped = true;
  }

  #dispatch(): void {
    for (const instance of this.#instances) {
      while (!this.#isStopped && instance.underWay.size < instance.concurrency) {
        const message = this.#waiting.shift();
        if (message === undefined) return;
        void this.#hand(instance, message);
      }
    }
  }

  async #hand({ url, underWay }: Instance, message: Message): Promise<void> {
    const delivery = { url, text: message.data.toString("utf8"), startedAt: Date.now() };
    underWay.add(delivery);
    const isTaken = await postMessage(url, message, this.#subscription).catch(() => false);
    underWay.delete(delivery);
    this.#dispatch();
    if (isTaken) return message.ack();
    if (!this.#isStopped) await delay(this.#backoffMs);
    message.nack();
  }
}

/** Hands a message to an instance, as a CloudEvent; false when it has not taken it, and rejects when it has died over it. */
export async function postMessage(
  url: string,
  { id, data, attributes }: Pick<Message, "id" | "data" | "attributes">,
  subscription: string,
): Promise<boolean> {
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
  return response.ok;
}
