import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { demoApnsKey } from "./apns/demo-key.ts";
import type { ProviderKeys } from "./apns/provider-keys.ts";
import { signProviderToken } from "./apns/provider-keys.ts";
import type { EmulatorClock } from "./clock.ts";
import type { EmulatorCounters } from "./counters.ts";
import { buildJsonAnswer } from "./exchange.ts";
import type { Answer, Exchange } from "./exchange.ts";
import { parseFault } from "./fault-script.ts";
import type { Faults } from "./faults.ts";
import { EVENT_STREAM_HEADERS, EVERYTHING, namePhone } from "./live-feed.ts";
import type { LiveFeed } from "./live-feed.ts";
import { formatRecord } from "./message-record.ts";
import type { DeliveryService } from "./delivery-service.ts";
import { parseNewRegistration, parseState, parseTopic } from "./registration-script.ts";
import type { Registrations } from "./registrations.ts";
import { RequestError } from "./request-error.ts";
import type { ApiRequest, Route } from "./router.ts";
import type { Topics } from "./fcm/topics.ts";

/** The parts of the emulator that its own API uses. */
export interface ApiServices {
  readonly clock: EmulatorClock;
  readonly registrations: Registrations;
  readonly topics: Topics;
  readonly deliveryService: DeliveryService;
  readonly feed: LiveFeed;
  readonly faults: Faults;
  readonly keys: ProviderKeys;
  readonly count: () => EmulatorCounters;
  readonly reset: () => void;
}

const BASE = "/emulator/v1";
/** Characters buffered before a part of a long list is written to the socket. */
const CHUNK_CHARS = 256 * 1024;
const JSON_HEADERS = { "content-type": "application/json; charset=UTF-8", "access-control-allow-origin": "*" };

/** The routes under /emulator/v1. */
export function createApiRoutes(services: ApiServices): Route[] {
  return [
    ...createRegistrationRoutes(services),
    ...createTopicRoutes(services),
    ...createMessageRoutes(services),
    ...createFaultRoutes(services),
    { method: "GET", path: `${BASE}/apns/demo-key`, run: () => showDemoKey(services) },
    {
      method: "DELETE",
      path: BASE,
      run: () => {
        services.reset();
        return buildJsonAnswer(200, {});
      },
    },
    { method: "GET", path: `${BASE}/counters`, run: () => buildJsonAnswer(200, services.count()) },
    {
      method: "GET",
      path: `${BASE}/stream`,
      run: ({ exchange }) => listen(services.feed, EVERYTHING, exchange),
    },
  ];
}

function createRegistrationRoutes({ registrations, deliveryService, feed }: ApiServices): Route[] {
  return [
    {
      method: "POST",
      path: `${BASE}/registrations`,
      run: ({ body }) => {
        const before = registrations.size;
        const registration = registrations.create(parseNewRegistration(body));
        deliveryService.tellChanged(registration);
        return buildJsonAnswer(registrations.size > before ? 201 : 200, registration);
      },
    },
    {
      method: "GET",
      path: `${BASE}/registrations`,
      run: async ({ query, exchange }) => {
        const all = [...registrations.all()];
        const newest = all.slice(Math.max(0, all.length - parseLimit(query)));
        return writeList(exchange, "registrations", newest, (registration) => JSON.stringify(registration));
      },
    },
    {
      method: "GET",
      path: `${BASE}/registrations/{address}`,
      run: ({ params }) => buildJsonAnswer(200, registrations.get(params["address"] ?? "")),
    },
    {
      method: "PATCH",
      path: `${BASE}/registrations/{address}`,
      run: ({ params, body }) =>
        buildJsonAnswer(200, deliveryService.setState(params["address"] ?? "", parseState(body))),
    },
    {
      method: "GET",
      path: `${BASE}/registrations/{address}/stream`,
      run: ({ params, exchange }) =>
        listen(feed, namePhone(registrations.get(params["address"] ?? "").token), exchange),
    },
  ];
}

function createTopicRoutes({ clock, registrations, topics }: ApiServices): Route[] {
  const getToken = (params: ApiRequest["params"]): string => registrations.get(params["address"] ?? "").token;
  return [
    {
      method: "GET",
      path: `${BASE}/registrations/{address}/topics`,
      run: ({ params }) => buildJsonAnswer(200, { topics: topics.list(getToken(params)).map(([topic]) => topic) }),
    },
    {
      method: "POST",
      path: `${BASE}/registrations/{address}/topics/{topic}`,
      run: ({ params }) => {
        const isNew = topics.subscribe(getToken(params), parseTopic(params["topic"]), clock.now());
        return buildJsonAnswer(isNew ? 201 : 200, {});
      },
    },
    {
      method: "DELETE",
      path: `${BASE}/registrations/{address}/topics/{topic}`,
      run: ({ params }) => {
        topics.unsubscribe(getToken(params), params["topic"] ?? "");
        return buildJsonAnswer(200, {});
      },
    },
  ];
}

function createMessageRoutes({ deliveryService }: ApiServices): Route[] {
  return [
    {
      method: "GET",
      path: `${BASE}/messages`,
      run: async ({ query, exchange }) => {
        const records = deliveryService.list(query.get("token") ?? undefined, parseLimit(query));
        return writeList(exchange, "messages", records, formatRecord);
      },
    },
    {
      method: "DELETE",
      path: `${BASE}/messages`,
      run: ({ query }) => buildJsonAnswer(200, { cleared: deliveryService.clear(query.get("token") ?? undefined) }),
    },
  ];
}

function createFaultRoutes({ faults }: ApiServices): Route[] {
  return [
    {
      method: "POST",
      path: `${BASE}/faults`,
      run: ({ body }) => buildJsonAnswer(201, faults.add(parseFault(body))),
    },
    { method: "GET", path: `${BASE}/faults`, run: () => buildJsonAnswer(200, { faults: faults.list() }) },
    { method: "DELETE", path: `${BASE}/faults`, run: () => buildJsonAnswer(200, { cleared: faults.clear() }) },
  ];
}

/** The demo key for senders in other languages, with a provider token for those that cannot sign one. */
function showDemoKey({ clock, keys }: ApiServices): Answer {
  const providerToken = signProviderToken(demoApnsKey, clock.now());
  if (keys.verify(providerToken) !== undefined) return buildJsonAnswer(200, { ...demoApnsKey, providerToken });
  throw new RequestError(404, "not_found", "the emulator was started with other keys for APNs");
}

function listen(feed: LiveFeed, subject: string, exchange: Exchange): undefined {
  feed.listen(subject, exchange.open({ ...EVENT_STREAM_HEADERS, "access-control-allow-origin": "*" }));
}

function parseLimit(query: ApiRequest["query"]): number {
  const limit = query.get("limit");
  if (limit === null) return Infinity;
  if (/^[1-9]\d{0,8}$/.test(limit)) return Number(limit);
  throw new RequestError(400, "invalid_limit", "limit must be a whole number from 1");
}

/** Writes a list in chunks: the messages of a load test do not fit into one string. */
async function writeList<T>(
  exchange: Exchange,
  name: string,
  items: readonly T[],
  format: (item: T) => string,
): Promise<undefined> {
  const out = exchange.open(JSON_HEADERS);
  try {
    await pipeline(Readable.from(formatList(name, items, format)), out);
  } catch (error) {
    if (!out.destroyed) throw error;
  }
}

function* formatList<T>(name: string, items: readonly T[], format: (item: T) => string): Generator<string> {
  let text = `{${JSON.stringify(name)}:[`;
  for (const [index, item] of items.entries()) {
    text += (index === 0 ? "" : ",") + format(item);
    if (text.length < CHUNK_CHARS) continue;
    yield text;
    text = "";
  }
  yield `${text}]}`;
}
