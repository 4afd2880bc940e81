// https://docs.cloud.google.com/pubsub/docs/publisher
import type { PubSub, Topic } from "@google-cloud/pubsub";

/** Publishes work for the background functions. */
export interface Publisher {
  /** Publishes messages as JSON to a Pub/Sub topic of this project; resolves when Pub/Sub has all of them, rejects when it may lack one. */
  publish(pubsubTopic: string, messages: readonly object[]): Promise<void>;
  /** Waits for publishes in flight, then closes the connection. */
  close(): Promise<void>;
}

/** A publisher that connects when it is first used. */
export function createPublisher(projectId: string): Publisher {
  const topics = new Map<string, Topic>();
  let client: Promise<PubSub> | undefined;
  return {
    publish: async (pubsubTopic, messages) => {
      const topic = topics.get(pubsubTopic) ?? (await (client ??= connect(projectId))).topic(pubsubTopic);
      topics.set(pubsubTopic, topic);
      await Promise.all(messages.map(async (json) => topic.publishMessage({ json })));
    },
    close: async () => {
      await (await client)?.close();
    },
  };
}

/** Loaded on first use: the library takes half a second to load, and a call push does not need it. */
async function connect(projectId: string): Promise<PubSub> {
  const { PubSub: Client } = await import("@google-cloud/pubsub");
  return new Client({ projectId });
}
