import { status } from "@grpc/grpc-js";

import { AckIds } from "./ack-ids.ts";
import { Backlog, type BacklogTools } from "./backlog.ts";
import type { Clock } from "./clock.ts";
import { parseAckDeadline } from "./deadlines.ts";
import { parseResourceName } from "./resource-names.ts";
import { RpcError } from "./rpc-error.ts";
import { assertSupported } from "./supported.ts";
import type { Topics } from "./topics.ts";
import type { WireSubscription } from "./wire.ts";

/** A subscription and its messages. */
export interface Subscription {
  readonly config: WireSubscription;
  readonly backlog: Backlog;
}

const defaultAckDeadlineSeconds = 10;
const day = 86_400;

/** Every subscription of the server. */
export class Subscriptions {
  readonly #topics: Topics;
  readonly #tools: BacklogTools;
  readonly #subscriptions = new Map<string, Subscription>();

  constructor(topics: Topics, clock: Clock) {
    this.#topics = topics;
    this.#tools = { clock, ackIds: new AckIds() };
  }

  /** Number of unacked messages of all subscriptions. */
  get unsettled(): number {
    return [...this.#subscriptions.values()].reduce((sum, { backlog }) => sum + backlog.unsettled, 0);
  }

  create(request: WireSubscription): Subscription {
    const name = parseResourceName("subscriptions", request.name);
    // A push config without an endpoint means pull.
    const asked = { ...request, pushConfig: request.pushConfig?.pushEndpoint };
    assertSupported("Subscription", asked, ["name", "topic", "labels", "ackDeadlineSeconds"]);
    const ackDeadlineSeconds = parseAckDeadline(request.ackDeadlineSeconds || defaultAckDeadlineSeconds);
    const topic = this.#topics.get(request.topic);
    if (this.#subscriptions.has(name)) {
      throw new RpcError(status.ALREADY_EXISTS, `Resource already exists in the project (resource=${name})`);
    }
    const config: WireSubscription = {
      ...request,
      ackDeadlineSeconds,
      // The defaults of the real service. Clients read fields of the empty message.
      pushConfig: {},
      messageRetentionDuration: { seconds: 7 * day },
      expirationPolicy: { ttl: { seconds: 31 * day } },
      state: "ACTIVE",
    };
    const subscription = { config, backlog: new Backlog(this.#tools) };
    this.#subscriptions.set(name, subscription);
    topic.backlogs.push(subscription.backlog);
    return subscription;
  }

  /** The subscription of that name; throws NOT_FOUND. */
  get(name: string | null | undefined): Subscription {
    const subscription = this.#subscriptions.get(parseResourceName("subscriptions", name));
    if (subscription === undefined) throw new RpcError(status.NOT_FOUND, `Resource not found (resource=${name})`);
    return subscription;
  }

  /** Ends every open stream with an error. */
  close(error: RpcError): void {
    for (const { backlog } of this.#subscriptions.values()) backlog.close(error);
  }
}
