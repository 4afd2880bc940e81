import { parseApnsTeam } from "./apns/provider-keys.ts";
import type { ProviderKeys } from "./apns/provider-keys.ts";
import { machineClock } from "./clock.ts";
import type { EmulatorClock } from "./clock.ts";
import type { PushEmulatorOptions } from "./contract.ts";
import { createCounters } from "./counters.ts";
import type { Counters } from "./counters.ts";
import { DeliveryService } from "./delivery-service.ts";
import { Faults } from "./faults.ts";
import { Topics } from "./fcm/topics.ts";
import { EVERYTHING, LiveFeed } from "./live-feed.ts";
import { MessageLog } from "./message-log.ts";
import type { Channel } from "./message-record.ts";
import { Registrations } from "./registrations.ts";

/** About a gigabyte of ordinary pushes. */
const DEFAULT_MAX_MESSAGES = 1_000_000;

/** The parts of an emulator that its ports share. */
export interface Services {
  readonly clock: EmulatorClock;
  readonly registrations: Registrations;
  readonly topics: Topics;
  readonly feed: LiveFeed;
  readonly deliveryService: DeliveryService;
  readonly faults: Faults;
  readonly keys: ProviderKeys;
  readonly counters: Readonly<Record<Channel, Counters>>;
  readonly onCounted: () => void;
  /** Deletes phones, their topics, messages and faults and resets the counters. */
  readonly reset: () => void;
}

/** Creates the parts of an emulator; throws if APNs' keys are invalid. */
export function createServices(options: PushEmulatorOptions): Services {
  const { clock = machineClock, maxMessages = DEFAULT_MAX_MESSAGES, apns } = options;
  const registrations = new Registrations();
  const feed = new LiveFeed();
  const tell = (event: string, json: object): void => {
    if (feed.isHeard(EVERYTHING)) feed.tell(EVERYTHING, event, JSON.stringify(json));
  };
  const counters = { fcm: createCounters(), apns: createCounters() };
  const topics = new Topics(registrations);
  const deliveryService = new DeliveryService(clock, registrations, new MessageLog(maxMessages), feed);
  const faults = new Faults(() => tell("faults", {}));
  return {
    clock,
    registrations,
    topics,
    feed,
    deliveryService,
    faults,
    keys: parseApnsTeam(apns),
    counters,
    onCounted: () => tell("counters", { ...counters.fcm, apns: counters.apns }),
    reset: () => {
      registrations.clear();
      topics.clear();
      faults.clear();
      for (const channel of [counters.fcm, counters.apns]) Object.assign(channel, createCounters());
      deliveryService.clear();
    },
  };
}
