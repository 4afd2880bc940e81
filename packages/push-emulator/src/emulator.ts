import type { AcceptedMessage } from "./accepted-message.ts";
import { describeRecord } from "./accepted-message.ts";
import { makeCertificate } from "./certificate.ts";
import { checkOptions } from "./check-options.ts";
import type { PushEmulator, PushEmulatorOptions } from "./contract.ts";
import { createDoors } from "./doors.ts";
import { parseFault } from "./fault-script.ts";
import { choosePorts } from "./ports.ts";
import { parseNewRegistration, parseState, parseTopic } from "./registration-script.ts";
import { createServices } from "./services.ts";
import type { Services } from "./services.ts";

export type { AcceptedMessage, PushEmulator, PushEmulatorOptions };

/** Reachable from this machine only. */
export const DEFAULT_HOST = "127.0.0.1";

/**
 * Starts an emulator of FCM and APNs: sends, phones, faults and an inbox page. Rejects if an option is invalid or a port is
 * in use.
 */
export async function startPushEmulator(options: PushEmulatorOptions = {}): Promise<PushEmulator> {
  checkOptions(options);
  const { host = DEFAULT_HOST, tls, maxConcurrentStreams, projectId } = options;
  const services = createServices(options);
  const certificate = tls === true ? await makeCertificate(host) : tls || undefined;
  const doors = createDoors(services, { host, certificate, maxConcurrentStreams, projectId });
  const { fcm, production, sandbox } = await doors.open(choosePorts(options));
  return {
    ...fcm,
    apns: { production, sandbox },
    ...(tls === true && certificate !== undefined ? { ca: certificate.cert } : {}),
    get counters() {
      return doors.count();
    },
    ...createControls(services),
    sendAway: (reason) => doors.sendAway(reason),
    dropConnections: () => doors.dropAll(),
    close: () => doors.close(),
  };
}

type Controls = Omit<
  PushEmulator,
  "url" | "address" | "apns" | "ca" | "counters" | "sendAway" | "dropConnections" | "close"
>;

function createControls({ clock, registrations, topics, deliveryService, faults, reset }: Services): Controls {
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
    messages: (address) => deliveryService.list(address).map(describeRecord),
    clearMessages: () => void deliveryService.clear(),
    addFault: (fault) => faults.add(parseFault(fault)),
    clearFaults: () => void faults.clear(),
    reset,
  };
}
