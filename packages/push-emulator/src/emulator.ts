import { machineClock } from "./clock.ts";
import type { EmulatorClock } from "./clock.ts";
import type { AcceptedMessage, FcmEmulator, FcmEmulatorOptions } from "./contract.ts";
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
import { PostOffice } from "./post-office.ts";
import { Registrations } from "./registrations.ts";
import { createRouter } from "./router.ts";

export type { AcceptedMessage, FcmEmulator, FcmEmulatorOptions };

const DEFAULT_HOST = "127.0.0.1";
/** The port FCM_EMULATOR_HOST names by default. */
export const DEFAULT_PORT = 9190;
/** About a gigabyte of ordinary pushes. */
const DEFAULT_MAX_MESSAGES = 1_000_000;

/** Starts an FCM of your own: sends, phones, faults and an inbox page on one port. Rejects when the port is taken. */
export async function startFcmEmulator(options: FcmEmulatorOptions = {}): Promise<FcmEmulator> {
  const { host = DEFAULT_HOST, port = DEFAULT_PORT, tls, maxConcurrentStreams, projectId } = options;
  const services = createServices(options);
  const count = (): FcmEmulator["counters"] => ({
    ...services.counters,
    connections: door.accepted,
    openConnections: door.openCount,
  });
  const route = createRouter([...createPageRoutes(), ...createApiRoutes({ ...services, count })]);
  const receive = createFcmReceiver({ ...services, projectId }, route);
  const door = new FrontDoor({ tls, maxConcurrentStreams, receive });
  const listening = await door.open(host, port);
  const address = `${host.includes(":") ? `[${host}]` : host}:${listening.port}`;
  return {
    url: `${tls === undefined ? "http" : "https"}://${address}`,
    address,
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
  readonly log: MessageLog;
  readonly feed: LiveFeed;
  readonly postOffice: PostOffice;
  readonly faults: Faults;
  readonly counters: Counters;
  readonly onCounted: () => void;
}

function createServices({ clock = machineClock, maxMessages = DEFAULT_MAX_MESSAGES }: FcmEmulatorOptions): Services {
  const registrations = new Registrations();
  const log = new MessageLog(maxMessages);
  const feed = new LiveFeed();
  const tell = (event: string, json: object): void => {
    if (feed.isHeard(EVERYTHING)) feed.tell(EVERYTHING, event, JSON.stringify(json));
  };
  const counters: Counters = { sends: 0, accepted: 0, refused: 0, faulted: 0 };
  return {
    clock,
    registrations,
    log,
    feed,
    postOffice: new PostOffice(clock, registrations, log, feed),
    faults: new Faults(() => tell("faults", {})),
    counters,
    onCounted: () => tell("counters", counters),
  };
}

type Controls = Pick<
  FcmEmulator,
  "createRegistration" | "setState" | "messages" | "clearMessages" | "addFault" | "clearFaults"
>;

function createControls({ registrations, postOffice, log, faults }: Services): Controls {
  return {
    createRegistration: (wanted = {}) => {
      const made = registrations.create(wanted);
      postOffice.tellOf(made);
      return { ...made };
    },
    setState: (install, state) => ({ ...postOffice.setState(install, state) }),
    messages: (token) => {
      postOffice.settle();
      return log.list(token).map(describe);
    },
    clearMessages: () => void postOffice.clear(),
    addFault: (fault) => faults.add(parseFault(fault)),
    clearFaults: () => void faults.clear(),
  };
}

function describe(record: MessageRecord): AcceptedMessage {
  const { id, token, fid, acceptedAt, delivery, reason } = record;
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
  };
}
