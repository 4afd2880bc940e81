import { status } from "@grpc/grpc-js";

import { AckIds } from "./ack-ids.ts";
import type { Alarms } from "./alarms.ts";
import { Backlog, type BacklogPolicy, type BacklogTools, type DeadLetter } from "./backlog.ts";
import type { Clock } from "./clock.ts";
import { deletedTopic, parseResourceName } from "./resource-names.ts";
import { RpcError } from "./rpc-error.ts";
import { buildPolicy, parseSubscription } from "./subscription-config.ts";
import type { Topic, Topics } from "./topics.ts";
import type { WireSubscription } from "./wire.ts";

/** A subscription and its messages. */
export interface Subscription {
  readonly name: string;
  config: WireSubscription;
  readonly backlog: Backlog;
}

/** Every subscription of the server. */
export class Subscriptions {
  readonly #topics: Topics;
  readonly #tools: BacklogTools;
  readonly #subscriptions = new Map<string, Subscription>();

  constructor(topics: Topics, clock: Clock, alarms: Alarms) {
    this.#topics = topics;
    this.#tools = { clock, alarms, ackIds: new AckIds() };
  }

  /** The names of all subscriptions. */
  names(): Iterable<string> {
    return this.#subscriptions.keys();
  }

  /** How many messages are yet to be acked, over all subscriptions. */
  get unsettled(): number {
    return [...this.#subscriptions.values()].reduce((sum, { backlog }) => sum + backlog.unsettled, 0);
  }

  create(request: WireSubscription): Subscription {
    const config = parseSubscription(request);
    const topic = this.#topics.get(config.topic);
    const policy = this.#buildPolicy(config);
    if (this.#subscriptions.has(config.name)) {
      throw new RpcError(status.ALREADY_EXISTS, `Resource already exists in the project (resource=${config.name})`);
    }
    const subscription = { name: config.name, config, backlog: new Backlog(this.#tools, policy) };
    this.#subscriptions.set(config.name, subscription);
    topic.backlogs.set(config.name, subscription.backlog);
    return subscription;
  }

  /** The subscription of that name; NOT_FOUND when there is none. */
  get(name: string | null | undefined): Subscription {
    const subscription = this.#subscriptions.get(parseResourceName("subscriptions", name));
    if (subscription === undefined) throw new RpcError(status.NOT_FOUND, `Resource not found (resource=${name})`);
    return subscription;
  }

  /** The subscription of that name to take messages from; FAILED_PRECONDITION when it was detached. */
  getAttached(name: string | null | undefined): Subscription {
    const subscription = this.get(name);
    if (subscription.config.detached) throw detachedError(subscription);
    return subscription;
  }

  configure(subscription: Subscription, request: WireSubscription): void {
    const config = parseSubscription(request);
    subscription.backlog.policy = this.#buildPolicy(config);
    subscription.config = config;
  }

  delete(subscription: Subscription): void {
    this.#subscriptions.delete(subscription.name);
    this.#leaveTopic(subscription);
    subscription.backlog.close(
      new RpcError(status.NOT_FOUND, `The subscription was deleted (resource=${subscription.name})`),
    );
  }

  /** Cuts a subscription off its topic for good; its messages are dropped. */
  detach(subscription: Subscription): void {
    subscription.config = { ...subscription.config, detached: true };
    this.#leaveTopic(subscription);
    subscription.backlog.close(detachedError(subscription));
  }

  /** Leaves a deleted topic's subscriptions in place, to be emptied. */
  orphan(topic: Topic): void {
    for (const name of topic.backlogs.keys()) {
      const subscription = this.#subscriptions.get(name);
      if (subscription) subscription.config = { ...subscription.config, topic: deletedTopic };
    }
  }

  /** Turns every open stream and waiting Pull away. */
  close(error: RpcError): void {
    for (const { backlog } of this.#subscriptions.values()) backlog.close(error);
  }

  #leaveTopic({ name, config }: Subscription): void {
    if (config.topic !== deletedTopic) this.#topics.find(config.topic)?.backlogs.delete(name);
  }

  #buildPolicy(config: WireSubscription & { name: string }): BacklogPolicy {
    return { ...buildPolicy(config), deadLetter: this.#buildDeadLetter(config) };
  }

  #buildDeadLetter({ name, deadLetterPolicy }: WireSubscription & { name: string }): DeadLetter | undefined {
    if (!deadLetterPolicy) return undefined;
    const topicName = this.#topics.get(deadLetterPolicy.deadLetterTopic).name;
    return {
      maxAttempts: deadLetterPolicy.maxDeliveryAttempts ?? 0,
      forward: ({ wire, publishedAt }, attempts) => {
        const topic = this.#topics.find(topicName);
        if (topic === undefined) return false;
        const attributes = { ...wire.attributes, ...describeSource(name, publishedAt, attempts) };
        this.#topics.publish(topic, [{ ...wire, attributes }]);
        return true;
      },
    };
  }
}

// https://cloud.google.com/pubsub/docs/handling-failures#how_dead_letter_topics_work
function describeSource(subscription: string, publishedAt: number, attempts: number): Record<string, string> {
  const [, project = "", , id = ""] = subscription.split("/");
  return {
    CloudPubSubDeadLetterSourceDeliveryCount: String(attempts),
    CloudPubSubDeadLetterSourceSubscription: id,
    CloudPubSubDeadLetterSourceSubscriptionProject: project,
    CloudPubSubDeadLetterSourceTopicPublishTime: new Date(publishedAt).toISOString(),
  };
}

function detachedError({ name }: Subscription): RpcError {
  return new RpcError(status.FAILED_PRECONDITION, `The subscription is detached from its topic (resource=${name})`);
}
