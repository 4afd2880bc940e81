import { findText } from "./message.ts";
import type { JsonObject } from "../json.ts";
import { parseCondition } from "./condition.ts";
import type { Registration, Registrations } from "../registrations.ts";

const TOPIC_NAME = /^[a-zA-Z0-9-_.~%]{1,900}$/;
const NO_TOPICS: ReadonlySet<string> = new Set();

/** Whether FCM allows a topic of this name. */
export function isTopicName(name: string): boolean {
  return TOPIC_NAME.test(name);
}

/** The topic subscriptions of all installs. */
export class Topics {
  readonly #registrations: Registrations;
  /** By token: its topics, and when it subscribed, in milliseconds since the Unix epoch. */
  readonly #byToken = new Map<string, Map<string, number>>();

  constructor(registrations: Registrations) {
    this.#registrations = registrations;
  }

  /** Subscribes an install; false if it was already subscribed. */
  subscribe(token: string, topic: string, now: number): boolean {
    const topics = this.#byToken.get(token) ?? new Map<string, number>();
    if (topics.has(topic)) return false;
    this.#byToken.set(token, topics.set(topic, now));
    return true;
  }

  /** Ends a subscription; false if there was none. */
  unsubscribe(token: string, topic: string): boolean {
    return this.#byToken.get(token)?.delete(topic) ?? false;
  }

  /** An install's topics in the order of subscription, with the time of each. */
  list(token: string): readonly (readonly [topic: string, since: number])[] {
    return [...(this.#byToken.get(token) ?? [])];
  }

  /** The installs that a message to a topic or a condition is for. */
  findAudience(message: JsonObject): readonly Registration[] {
    const topic = findText(message, "topic");
    const matches =
      topic === undefined
        ? parseCondition(findText(message, "condition") ?? "")
        : (topics: ReadonlySet<string>) => topics.has(topic);
    if (matches === undefined) return [];
    return Array.from(this.#registrations.all()).filter(
      ({ token, state }) => state !== "uninstalled" && matches(this.#getNames(token)),
    );
  }

  /** Deletes all subscriptions. */
  clear(): void {
    this.#byToken.clear();
  }

  #getNames(token: string): ReadonlySet<string> {
    const topics = this.#byToken.get(token);
    return topics === undefined ? NO_TOPICS : new Set(topics.keys());
  }
}
