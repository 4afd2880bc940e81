import { PubSub, v1, type protos } from "@google-cloud/pubsub";
import { credentials as channelCredentials } from "@grpc/grpc-js";

import { startPubsubServer, type PubsubServer } from "../../../local/pubsub/server.ts";
import { TurnedClock } from "./turned-clock.ts";

const projectId = "demo-pubsub";
// Without any credentials the client library looks for a metadata server first, on the network.
const credentials = { client_email: "nobody@example.com", private_key: "none" };
type SubscriptionOptions = Omit<protos.google.pubsub.v1.ISubscription, "name" | "topic">;

/** What one Pull brought. */
export interface Pulled {
  text: string;
  ackId: string;
  attempt: number;
  message: protos.google.pubsub.v1.IPubsubMessage;
}

/** A server on a free port with a clock to turn, and the real client library connected to it. */
export class Stage {
  readonly clock: TurnedClock;
  readonly server: PubsubServer;
  readonly pubsub: PubSub;
  readonly publisher: v1.PublisherClient;
  readonly subscriber: v1.SubscriberClient;
  #ids = 0;

  private constructor(server: PubsubServer, clock: TurnedClock) {
    this.clock = clock;
    this.server = server;
    this.clock = clock;
    this.pubsub = this.connect(server.host);
    const direct = {
      projectId,
      credentials,
      servicePath: "127.0.0.1",
      port: server.port,
      sslCreds: channelCredentials.createInsecure(),
    };
    this.publisher = new v1.PublisherClient(direct);
    this.subscriber = new v1.SubscriberClient(direct);
  }

  /** Opens a stage for one test, or for all of a file when given node:test's own `after`. */
  static async open(t: { after(close: () => Promise<void>): void }): Promise<Stage> {
    const clock = new TurnedClock();
    const stage = new Stage(await startPubsubServer({ clock }), clock);
    t.after(async () => {
      await stage.pubsub.close();
      await Promise.all([stage.publisher.close(), stage.subscriber.close()]);
      await stage.server.close();
    });
    return stage;
  }

  /** The client library as an application uses it, connected to `apiEndpoint`. */
  connect(apiEndpoint: string): PubSub {
    return new PubSub({ apiEndpoint, projectId, credentials });
  }

  topicName(id: string): string {
    return `projects/${projectId}/topics/${id}`;
  }

  subscriptionName(id: string): string {
    return `projects/${projectId}/subscriptions/${id}`;
  }

  async createTopic(id = this.#coinId("topic")): Promise<string> {
    const name = this.topicName(id);
    await this.publisher.createTopic({ name });
    return name;
  }

  async subscribe(topic: string, options: SubscriptionOptions = {}, id = this.#coinId("worker")): Promise<string> {
    const name = this.subscriptionName(id);
    await this.subscriber.createSubscription({ ...options, name, topic });
    return name;
  }

  /** A topic with one subscription; answers with both names. */
  async line(options: SubscriptionOptions = {}): Promise<{ topic: string; subscription: string }> {
    const topic = await this.createTopic();
    return { topic, subscription: await this.subscribe(topic, options) };
  }

  async publish(topic: string, bodies: string[], orderingKey = ""): Promise<string[]> {
    const messages = bodies.map((text) => ({ data: Buffer.from(text), orderingKey }));
    const [{ messageIds }] = await this.publisher.publish({ topic, messages });
    return messageIds ?? [];
  }

  /** What is there to be had now. */
  async pull(subscription: string, maxMessages = 100): Promise<Pulled[]> {
    const [{ receivedMessages }] = await this.subscriber.pull({ subscription, maxMessages, returnImmediately: true });
    return readPulled(receivedMessages);
  }

  async acknowledge(subscription: string, pulled: Pulled[]): Promise<void> {
    await this.subscriber.acknowledge({ subscription, ackIds: pulled.map(({ ackId }) => ackId) });
  }

  /** Gives messages so many seconds from now; 0 is a nack. */
  async modifyDeadline(subscription: string, pulled: Pulled[], ackDeadlineSeconds: number): Promise<void> {
    const ackIds = pulled.map(({ ackId }) => ackId);
    await this.subscriber.modifyAckDeadline({ subscription, ackIds, ackDeadlineSeconds });
  }

  #coinId(kind: string): string {
    this.#ids += 1;
    return `${kind}-${this.#ids}`;
  }
}

/** Reads what a Pull or a StreamingPull brought. */
export function readPulled(received: protos.google.pubsub.v1.IReceivedMessage[] | null | undefined): Pulled[] {
  return (received ?? []).map(({ ackId, message, deliveryAttempt }) => ({
    text: Buffer.from(message?.data ?? "").toString(),
    ackId: ackId ?? "",
    attempt: deliveryAttempt ?? 0,
    message: message ?? {},
  }));
}

/** The texts of what was pulled, in order. */
export function texts(pulled: Pulled[]): string[] {
  return pulled.map(({ text }) => text);
}
