// https://docs.cloud.google.com/eventarc/docs/run/pubsub
import { setTimeout as delay } from "node:timers/promises";
import { PubSub, type Message } from "@google-cloud/pubsub";

/** The topic to deliver, and how. */
export interface DeliveryOptions {
  readonly projectId: string;
  readonly pubsubHost: string;
  readonly pubsubTopic: string;
  /** Delay before a retry. Eventarc waits ten seconds; the default only avoids a busy loop. */
  readonly backoffMs?: number;
}

/** A message in flight: posted to an instance that has not answered yet. */
export interface Delivery {
  readonly url: string;
  /** The message's data, decoded. */
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** Delivers the messages of a topic to the instances of a function. */
export interface Deliveries {
  /** Starts delivery to an instance, at most `concurrency` messages at once; the returned function stops it. */
  addInstance(url: string, concurrency: number): () => void;
  /** The messages in flight. */
  inFlight(): readonly Delivery[];
  stop(): Promise<void>;
}

const outstandingMessages = 10_000;

/**
 * Delivers every message of a topic to an instance with room for it, as Eventarc does: as a CloudEvent, with retries until an
 * instance answers 2xx.
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
    inFlight: () => dispatcher.inFlight(),
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
  readonly inFlight: Set<Delivery>;
}

/** The waiting messages, and the instances that take them. */
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
    const instance = { url, concurrency, inFlight: new Set<Delivery>() };
    this.#instances.add(instance);
    this.#dispatch();
    return () => void this.#instances.delete(instance);
  }

  inFlight(): readonly Delivery[] {
    return [...this.#instances].flatMap(({ inFlight }) => [...inFlight]);
  }

  stop(): void {
    this.#isStopped = true;
  }

  #dispatch(): void {
    for (const instance of this.#instances) {
      while (!this.#isStopped && instance.inFlight.size < instance.concurrency) {
        const message = this.#waiting.shift();
        if (message === undefined) return;
        void this.#deliver(instance, message);
      }
    }
  }

  async #deliver({ url, inFlight }: Instance, message: Message): Promise<void> {
    const delivery = { url, text: message.data.toString("utf8"), startedAt: Date.now() };
    inFlight.add(delivery);
    const isTaken = await postMessage(url, message, this.#subscription).catch(() => false);
    inFlight.delete(delivery);
    this.#dispatch();
    if (isTaken) return message.ack();
    if (!this.#isStopped) await delay(this.#backoffMs);
    message.nack();
  }
}

/** Posts a message to an instance as a CloudEvent; false if the answer is not 2xx. Rejects if the instance dies. */
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
