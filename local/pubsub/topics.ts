import { status } from "@grpc/grpc-js";

import type { Backlog } from "./backlog.ts";
import type { Clock } from "./clock.ts";
import { buildStoredMessage } from "./message.ts";
import { parseResourceName } from "./resource-names.ts";
import { RpcError, unimplementedField } from "./rpc-error.ts";
import type { WireMessage, WireTopic } from "./wire.ts";

/** A topic, with the backlogs of the subscriptions attached to it by subscription name. */
export interface Topic {
  readonly name: string;
  config: WireTopic;
  readonly backlogs: Map<string, Backlog>;
}

/** Every topic of the server. */
export class Topics {
  readonly #clock: Clock;
  readonly #topics = new Map<string, Topic>();
  #lastMessageId: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    // Starting from the time keeps ids unique over restarts: subscribers remember them to tell repeats.
    this.#lastMessageId = clock.now() * 1000;
  }

  /** The names of all topics. */
  names(): Iterable<string> {
    return this.#topics.keys();
  }

  create(config: WireTopic): Topic {
    const name = parseResourceName("topics", config.name);
    assertSupported(config);
    if (this.#topics.has(name)) {
      throw new RpcError(status.ALREADY_EXISTS, `Resource already exists in the project (resource=${name})`);
    }
    const topic: Topic = { name, config: { ...config, state: "ACTIVE" }, backlogs: new Map() };
    this.#topics.set(name, topic);
    return topic;
  }

  find(name: string | null | undefined): Topic | undefined {
    return this.#topics.get(name ?? "");
  }

  /** The topic of that name; NOT_FOUND when there is none. */
  get(name: string | null | undefined): Topic {
    const topic = this.find(parseResourceName("topics", name));
    if (topic === undefined) throw new RpcError(status.NOT_FOUND, `Resource not found (resource=${name})`);
    return topic;
  }

  configure(topic: Topic, config: WireTopic): void {
    assertSupported(config);
    topic.config = config;
  }

  delete(topic: Topic): void {
    this.#topics.delete(topic.name);
  }

  /** Gives each attached subscription its copy of the messages; without any, they are gone, as in the real service. */
  publish(topic: Topic, messages: readonly WireMessage[]): string[] {
    const publishedAt = this.#clock.now();
    const stored = messages.map((message) => buildStoredMessage(message, this.#coinMessageId(), publishedAt));
    for (const backlog of topic.backlogs.values()) backlog.add(stored);
    return stored.map(({ wire }) => wire.messageId);
  }

  #coinMessageId(): string {
    this.#lastMessageId += 1;
    return String(this.#lastMessageId);
  }
}

function assertSupported(topic: WireTopic): void {
  if (topic.schemaSettings) throw unimplementedField("Topic.schema_settings");
  if (topic.ingestionDataSourceSettings) throw unimplementedField("Topic.ingestion_data_source_settings");
  if (topic.kmsKeyName) throw unimplementedField("Topic.kms_key_name");
  if (topic.messageTransforms?.length) throw unimplementedField("Topic.message_transforms");
}
