import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { PubSub, v1, type protos } from "@google-cloud/pubsub";
import { credentials as channelCredentials } from "@grpc/grpc-js";

import { startPubsubServer, type PubsubServer } from "../../../local/pubsub/server.ts";
import { ManualClock } from "./manual-clock.ts";

/** The `host:port` of the official emulator when the tests run on it, as `npm run test:parity` does. */
export const official = process.env["OFFICIAL_PUBSUB"];

/** The options of a test for a feature that the official emulator lacks. */
export function skipOnOfficial(reason: string): { skip: string | false } {
  return { skip: official === undefined ? false : reason };
}

// Without credentials the client library first looks for a metadata server on the network.
const credentials = { client_email: "nobody@example.com", private_key: "none" };
type SubscriptionOptions = Omit<protos.google.pubsub.v1.ISubscription, "name" | "topic">;

/** One message that a stream brought. */
export interface Pulled {
  text: string;
  ackId: string;
  message: protos.google.pubsub.v1.IPubsubMessage;
}

/** A server on a free port with a clock to turn, and the real client library connected to it. */
export class Setup {
  readonly clock: ManualClock;
  readonly server: Pick<PubsubServer, "host" | "port">;
  /** Unique, since all tests share the official emulator. */
  readonly projectId = `demo-pubsub-${randomUUID()}`;
  readonly pubsub: PubSub;
  readonly publisher: v1.PublisherClient;
  readonly subscriber: v1.SubscriberClient;
  readonly #server: PubsubServer | undefined;
  #ids = 0;

  private constructor(server: PubsubServer | undefined, clock: ManualClock) {
    this.clock = clock;
    this.#server = server;
    this.server = server ?? { host: official ?? "", port: Number(official?.split(":")[1]) };
    this.pubsub = this.connect(this.server.host);
    const direct = {
      projectId: this.projectId,
      credentials,
      servicePath: "127.0.0.1",
      port: this.server.port,
      sslCreds: channelCredentials.createInsecure(),
    };
    this.publisher = new v1.PublisherClient(direct);
    this.subscriber = new v1.SubscriberClient(direct);
  }

  /** Opens a server for one test, or for all of a file when given node:test's own `after`. */
  static async open(t: { after(close: () => Promise<void>): void }): Promise<Setup> {
    const clock = new ManualClock();
    const server = official === undefined ? await startPubsubServer({ clock }) : undefined;
    const setup = new Setup(server, clock);
    t.after(async () => {
      await setup.pubsub.close();
      await Promise.all([setup.publisher.close(), setup.subscriber.close()]);
      await server?.close();
    });
    return setup;
  }

  /** The client library as an application uses it, connected to `apiEndpoint`. */
  connect(apiEndpoint: string): PubSub {
    return new PubSub({ apiEndpoint, projectId: this.projectId, credentials });
  }

  topicName(id: string): string {
    return `projects/${this.projectId}/topics/${id}`;
  }

  subscriptionName(id: string): string {
    return `projects/${this.projectId}/subscriptions/${id}`;
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

  /** Creates a topic with one subscription; returns both names. */
  async line(options: SubscriptionOptions = {}): Promise<{ topic: string; subscription: string }> {
    const topic = await this.createTopic();
    return { topic, subscription: await this.subscribe(topic, options) };
  }

  async publish(topic: string, bodies: string[], orderingKey = ""): Promise<string[]> {
    const messages = bodies.map((text) => ({ data: Buffer.from(text), orderingKey }));
    const [{ messageIds }] = await this.publisher.publish({ topic, messages });
    return messageIds ?? [];
  }

  /** Checks that everything was acked, where the server shows that. */
  assertSettled(): void {
    assert.equal(this.#server?.unsettled() ?? 0, 0);
  }

  async acknowledge(subscription: string, pulled: Pulled[]): Promise<void> {
    await this.subscriber.acknowledge({ subscription, ackIds: pulled.map(({ ackId }) => ackId) });
  }

  /** Sets the ack deadline of messages to so many seconds from now; 0 is a nack. */
  async modifyDeadline(subscription: string, pulled: Pulled[], ackDeadlineSeconds: number): Promise<void> {
    const ackIds = pulled.map(({ ackId }) => ackId);
    await this.subscriber.modifyAckDeadline({ subscription, ackIds, ackDeadlineSeconds });
  }

  #coinId(kind: string): string {
    this.#ids += 1;
    return `${kind}-${this.#ids}`;
  }
}

/** Decodes the messages of a StreamingPull. */
export function readPulled(received: protos.google.pubsub.v1.IReceivedMessage[] | null | undefined): Pulled[] {
  return (received ?? []).map(({ ackId, message }) => ({
    text: Buffer.from(message?.data ?? "").toString(),
    ackId: ackId ?? "",
    message: message ?? {},
  }));
}

/** The texts of pulled messages, in order. */
export function texts(pulled: Pulled[]): string[] {
  return pulled.map(({ text }) => text);
}
