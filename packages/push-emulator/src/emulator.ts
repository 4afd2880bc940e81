import { makeCertificate } from "./certificate.ts";
import { machineClock } from "./clock.ts";
import type { EmulatorClock } from "./clock.ts";
import { checkOptions } from "./check-options.ts";
import type { AcceptedMessage, PushEmulator, PushEmulatorOptions } from "./contract.ts";
import type { Counters } from "./counters.ts";
import { createApiRoutes } from "./emulator-api.ts";
import { parseFault } from "./fault-script.ts";
import { Faults } from "./faults.ts";
import { createFcmReceiver } from "./fcm-receiver.ts";
import { FrontDoor } from "./front-door.ts";
import { EVERYTHING, LiveFeed } from "./live-feed.ts";
import { MessageLog } from "./message-log.ts";
import { getMessageText } from "./message-record.ts";
import type { MessageRecord } from "./message-record.ts";
import { createPageRoutes } from "./page.ts";
import { DeliveryService } from "./delivery-service.ts";
import { parseNewRegistration, parseState, parseTopic } from "./registration-script.ts";
import { Registrations } from "./registrations.ts";
import { createRouter } from "./router.ts";
import { Topics } from "./topics.ts";

export type { AcceptedMessage, PushEmulator, PushEmulatorOptions };

/** Reachable from this machine only. */
export const DEFAULT_HOST = "127.0.0.1";
/** The port FCM_EMULATOR_HOST names by default. */
export const DEFAULT_PORT = 9190;
const NOTHING_COUNTED: Readonly<Counters> = { sends: 0, accepted: 0, refused: 0, faulted: 0 };
/** About a gigabyte of ordinary pushes. */
const DEFAULT_MAX_MESSAGES = 1_000_000;

/** Starts an FCM emulator: sends, phones, faults and an inbox page on one port. Rejects if an option is invalid or the port is in use. */
export async function startPushEmulator(options: PushEmulatorOptions = {}): Promise<PushEmulator> {
  checkOptions(options);
  const { host = DEFAULT_HOST, port = DEFAULT_PORT, tls, maxConcurrentStreams, projectId } = options;
  const certificate = tls === true ? await makeCertificate(host) : tls || undefined;
  const services = createServices(options);
  const count = (): PushEmulator["counters"] => ({
    ...services.counters,
    connections: door.accepted,
    openConnections: door.openCount,
  });
  const route = createRouter([...createPageRoutes(), ...createApiRoutes({ ...services, count })]);
  const receive = createFcmReceiver({ ...services, projectId, host }, route);
  const door = new FrontDoor({ certificate, maxConcurrentStreams, receive });
  const listening = await door.open(host, port);
  const address = `${host.includes(":") ? `[${host}]` : host}:${listening.port}`;
  return {
    url: `http://${address}`,
    address,
    ...(tls === true && certificate !== undefined ? { ca: certificate.cert } : {}),
    get counters() {
      return count();
    },
    ...createControls(services),
    sendAway: () => door.sendAway(),
    dropConnections: () => door.dropAll(),
    close: () => door.close(),
  };
}

interface Services {
  readonly clock: EmulatorClock;
  readonly registrations: Registrations;
  readonly topics: Topics;
  readonly log: MessageLog;
  readonly feed: LiveFeed;
  readonly deliveryService: DeliveryService;
  readonly faults: Faults;
  readonly counters: Counters;
  readonly onCounted: () => void;
  readonly reset: () => void;
}

function createServices({ clock = machineClock, maxMessages = DEFAULT_MAX_MESSAGES }: PushEmulatorOptions): Services {
  const registrations = new Registrations();
  const log = new MessageLog(maxMessages);
  const feed = new LiveFeed();
  const tell = (event: string, json: object): void => {
    if (feed.isHeard(EVERYTHING)) feed.tell(EVERYTHING, event, JSON.stringify(json));
  };
  const counters: Counters = { ...NOTHING_COUNTED };
  const topics = new Topics(registrations);
  const deliveryService = new DeliveryService(clock, topics, registrations, log, feed);
  const faults = new Faults(() => tell("faults", {}));
  return {
    clock,
    registrations,
    topics,
    log,
    feed,
    deliveryService,
    faults,
    counters,
    onCounted: () => tell("counters", counters),
    reset: () => {
      registrations.clear();
      topics.clear();
      faults.clear();
      Object.assign(counters, NOTHING_COUNTED);
      deliveryService.clear();
    },
  };
}

type Controls = Omit<PushEmulator, "url" | "address" | "ca" | "counters" | "sendAway" | "dropConnections" | "close">;

function createControls({ clock, registrations, topics, deliveryService, log, faults, reset }: Services): Controls {
  return {
    createRegistration: (wanted = {}) => {
      const made = registrations.create(parseNewRegistration({ ...wanted }));
      deliveryService.tellChanged(made);
      return { ...made };
    },
    setState: (install, state) => ({ ...deliveryService.setState(install, parseState({ state })) }),
    subscribe: (install, topic) => {
      topics.subscribe(registrations.get(install).token, parseTopic(topic), clock.now());
    },
    unsubscribe: (install, topic) => void topics.unsubscribe(registrations.get(install).token, topic),
    topics: (install) => topics.list(registrations.get(install).token).map(([topic]) => topic),
    messages: (token) => {
      deliveryService.settle();
      return log.list(token).map(describe);
    },
    clearMessages: () => void deliveryService.clear(),
    addFault: (fault) => faults.add(parseFault(fault)),
    clearFaults: () => void faults.clear(),
    reset,
  };
}

function describe(record: MessageRecord): AcceptedMessage {
  const { id, token, fid, recipients, acceptedAt, delivery, reason } = record;
  const messageText = getMessageText(record);
  return {
    id,
    token,
    ...(fid === undefined ? {} : { fid }),
    message: JSON.parse(messageText),
    messageText,
    acceptedAt: new Date(acceptedAt).toISOString(),
    delivery,
    ...(reason === undefined ? {} : { reason }),
    ...(recipients === undefined ? {} : { recipients }),
  };
}
