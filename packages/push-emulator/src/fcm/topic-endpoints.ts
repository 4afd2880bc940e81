/**
 * Topic subscriptions, by FCM's own API and by the older one of Instance ID.
 * https://firebase.google.com/docs/reference/fcm/fcmtopics/rest/v1/projects.registrations.topicSubscriptions
 * https://developers.google.com/instance-id/reference/server#manage_relationship_maps_for_multiple_app_instances
 */
import type { EmulatorClock } from "../clock.ts";
import { buildJsonAnswer } from "../exchange.ts";
import type { Answer, Exchange } from "../exchange.ts";
import {
  buildInvalidArgument,
  buildInvalidToken,
  buildNotFound,
  buildRpcError,
  buildUnauthenticated,
  buildUnregistered,
} from "./errors.ts";
import { isJsonObject } from "../json.ts";
import { isFid } from "../registrations.ts";
import type { Registration, Registrations } from "../registrations.ts";
import { isTopicName } from "./topics.ts";
import type { Topics } from "./topics.ts";

const DEFAULT_PAGE = 1000;
const MAX_PAGE = 2000;
const MAX_BATCH = 1000;
const MAX_REQUEST_BYTES = 10_485_760;
const BEARER = /^Bearer +\S/i;

/** The parts of the emulator that a subscription uses. */
export interface TopicServices {
  readonly clock: EmulatorClock;
  readonly projectId: string | undefined;
  readonly registrations: Registrations;
  readonly topics: Topics;
}

/** The parameters in a path of FCM's topic API. */
export interface SubscriptionPath {
  readonly project: string;
  /** A token or a FID. */
  readonly address: string;
  readonly topic: string | undefined;
}

/** Answers create, get, list and delete of an install's topicSubscriptions. */
export async function answerSubscription(
  services: TopicServices,
  exchange: Exchange,
  path: SubscriptionPath,
  query: URLSearchParams,
): Promise<Answer> {
  await exchange.readBody(MAX_REQUEST_BYTES);
  if (!BEARER.test(exchange.headers.authorization ?? "")) return buildUnauthenticated();
  if (services.projectId !== undefined && services.projectId !== path.project) return buildNotFound();
  const registration = findInstalled(services.registrations, path.address);
  if ("status" in registration) return registration;
  const method = `${exchange.method} ${path.topic === undefined ? "all" : "one"}`;
  const topic = path.topic ?? query.get("topic_name") ?? query.get("topicName") ?? "";
  if (method !== "GET all" && !isTopicName(topic)) {
    return buildInvalidArgument({ field: "topic_name", description: "Topic name contains invalid characters." });
  }
  switch (method) {
    case "POST all":
      return create(services, path, registration, topic);
    case "GET all":
      return list(services, path, registration, query);
    case "GET one":
      return get(services, path, registration, topic);
    case "DELETE one":
      return remove(services, registration, topic, query);
    default:
      return buildRpcError(405, "topicSubscriptions takes POST, GET and DELETE.");
  }
}

function findInstalled(registrations: Registrations, address: string): Registration | Answer {
  const found = registrations.find(address);
  if (found === undefined) return isFid(address) ? buildUnregistered() : buildInvalidToken();
  return found.state === "uninstalled" ? buildUnregistered() : found;
}

function create(
  { topics, clock }: TopicServices,
  path: SubscriptionPath,
  { token }: Registration,
  topic: string,
): Answer {
  const now = clock.now();
  if (topics.subscribe(token, topic, now)) return buildJsonAnswer(200, describe(path, topic, now));
  return buildRpcError(409, "Requested entity already exists", [], "ALREADY_EXISTS");
}

function get({ topics }: TopicServices, path: SubscriptionPath, { token }: Registration, topic: string): Answer {
  const found = topics.list(token).find(([name]) => name === topic);
  return found === undefined ? buildNotFound() : buildJsonAnswer(200, describe(path, ...found));
}

function remove({ topics }: TopicServices, { token }: Registration, topic: string, query: URLSearchParams): Answer {
  const mayBeMissing = (query.get("allow_missing") ?? query.get("allowMissing")) === "true";
  return topics.unsubscribe(token, topic) || mayBeMissing ? buildJsonAnswer(200, {}) : buildNotFound();
}

function list(
  { topics }: TopicServices,
  path: SubscriptionPath,
  { token }: Registration,
  query: URLSearchParams,
): Answer {
  const size = Number(query.get("page_size") ?? query.get("pageSize") ?? 0);
  const start = Number(query.get("page_token") ?? query.get("pageToken") ?? 0);
  const all = topics.list(token);
  if (!Number.isInteger(size) || size < 0 || !Number.isInteger(start) || start < 0 || start > all.length) {
    return buildRpcError(400, "Request contains an invalid argument.");
  }
  const end = start + Math.min(size === 0 ? DEFAULT_PAGE : size, MAX_PAGE);
  return buildJsonAnswer(200, {
    topic_subscriptions: all.slice(start, end).map((found) => describe(path, ...found)),
    ...(end < all.length ? { next_page_token: String(end) } : {}),
  });
}

function describe({ project, address }: SubscriptionPath, topic: string, since: number): object {
  return {
    name: `projects/${project}/registrations/${address}/topicSubscriptions/${topic}`,
    topic_name: topic,
    create_time: new Date(since).toISOString(),
  };
}

/** Answers batchAdd and batchRemove of Instance ID, which have a result for each token. */
export async function answerBatch(
  { clock, registrations, topics }: TopicServices,
  exchange: Exchange,
  action: "batchAdd" | "batchRemove",
): Promise<Answer> {
  const bytes = await exchange.readBody(MAX_REQUEST_BYTES);
  if (!BEARER.test(exchange.headers.authorization ?? "") || exchange.headers["access_token_auth"] !== "true") {
    return buildJsonAnswer(401, { error: "Unauthorized" });
  }
  const batch = parseBatch(bytes);
  if (batch === undefined) return buildJsonAnswer(400, { error: "INVALID_ARGUMENT" });
  const results = batch.tokens.map((token) => {
    const found = registrations.find(token);
    if (found === undefined) return { error: "INVALID_ARGUMENT" };
    if (found.state === "uninstalled") return { error: "NOT_FOUND" };
    if (action === "batchAdd") topics.subscribe(found.token, batch.topic, clock.now());
    else topics.unsubscribe(found.token, batch.topic);
    return {};
  });
  return buildJsonAnswer(200, { results });
}

interface Batch {
  readonly topic: string;
  readonly tokens: readonly string[];
}

function parseBatch(bytes: Buffer | undefined): Batch | undefined {
  const body = parseJson(bytes);
  if (!isJsonObject(body)) return undefined;
  const { to, registration_tokens: tokens } = body;
  const topic = typeof to === "string" ? /^\/topics\/(.*)$/s.exec(to)?.[1] : undefined;
  if (topic === undefined || !isTopicName(topic) || !isTexts(tokens)) return undefined;
  return tokens.length === 0 || tokens.length > MAX_BATCH ? undefined : { topic, tokens };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function parseJson(bytes: Buffer | undefined): unknown {
  try {
    return JSON.parse(bytes?.toString("utf8") ?? "");
  } catch {
    return undefined;
  }
}
