import { status } from "@grpc/grpc-js";

import type { Backlog } from "./backlog.ts";
import type { Clock } from "./clock.ts";
import { buildStoredMessage } from "./message.ts";
import { parseResourceName } from "./resource-names.ts";
import { RpcError } from "./rpc-error.ts";
import { assertSupported } from "./supported.ts";
import type { WireMessage, WireTopic } from "./wire.ts";

/** A topic, with the backlogs of its subscriptions. */
export interface Topic {
  readonly name: string;
  readonly config: WireTopic;
  readonly backlogs: Backlog[];
}

/** Every topic of the server. */
export class Topics {
  readonly #clock: Clock;
  readonly #topics = new Map<string, Topic>();
  #lastMessageId: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    // Starts from the time, so that ids are unique over restarts: subscribers use them to detect duplicates.
    this.#lastMessageId = clock.now() * 1000;
  }

  create(config: WireTopic): Topic {
    const name = parseResourceName("topics", config.name);
    assertSupported("Topic", config, ["name", "labels"]);
    if (this.#topics.has(name)) {
      throw new RpcError(status.ALREADY_EXISTS, `Resource already exists in the project (resource=${name})`);
    }
    const topic: Topic = { name, config: { ...config, state: "ACTIVE" }, backlogs: [] };
    this.#topics.set(name, topic);
    return topic;
  }

  /** The topic of that name; throws NOT_FOUND. */
  get(name: string | null | undefined): Topic {
    const topic = this.#topics.get(parseResourceName("topics", name));
    if (topic === undefined) throw new RpcError(status.NOT_FOUND, `Resource not found (resource=${name})`);
    return topic;
  }

  /** Adds the messages to each subscription; without subscriptions they are lost, as in the real service. */
  publish(topic: Topic, messages: readonly WireMessage[]): string[] {
    const publishedAt = this.#clock.now();
    const stored = messages.map((message) => buildStoredMessage(message, this.#nextMessageId(), publishedAt));
    for (const backlog of topic.backlogs) backlog.add(stored);
    return stored.map(({ wire }) => wire.messageId);
  }

  #nextMessageId(): string {
    this.#lastMessageId += 1;
    return String(this.#lastMessageId);
  }
}
