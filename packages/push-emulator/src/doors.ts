import { STREAMS, createApnsReceiver } from "./apns/receiver.ts";
import { refuseHttp1 } from "./apns/refuse-http1.ts";
import type { Certificate } from "./certificate.ts";
import type { PortAddress } from "./contract.ts";
import type { EmulatorCounters } from "./counters.ts";
import { createApiRoutes } from "./emulator-api.ts";
import { createFcmReceiver } from "./fcm/receiver.ts";
import { FrontDoor } from "./front-door.ts";
import { createPageRoutes } from "./page.ts";
import type { Ports } from "./ports.ts";
import type { ApnsEnvironment } from "./registrations.ts";
import { createRouter } from "./router.ts";
import type { Services } from "./services.ts";

/** Options of the ports. */
export interface DoorOptions {
  readonly host: string;
  readonly certificate: Certificate | undefined;
  readonly maxConcurrentStreams: number | undefined;
  readonly projectId: string | undefined;
}

/** An emulator's three ports. */
export interface Doors {
  /** Starts listening on all of them; rejects, and listens on none, if one is in use. */
  open(ports: Ports): Promise<Readonly<Record<"fcm" | ApnsEnvironment, PortAddress>>>;
  count(): EmulatorCounters;
  /** Sends GOAWAY on every HTTP/2 connection, to APNs with this reason. */
  sendAway(reason?: string): void;
  /** Resets every connection. */
  dropAll(): void;
  /** Stops listening and closes every connection. */
  close(): Promise<void>;
}

/** Creates the ports of FCM, which also has the page and the control API, and of APNs' two environments. */
export function createDoors(services: Services, options: DoorOptions): Doors {
  const { host, certificate, maxConcurrentStreams } = options;
  const count = (): EmulatorCounters => countAll(services, fcm, [production, sandbox]);
  const route = createRouter([...createPageRoutes(), ...createApiRoutes({ ...services, count })]);
  const receive = createFcmReceiver({ ...services, ...options, counters: services.counters.fcm }, route);
  const fcm = new FrontDoor({ certificate, maxConcurrentStreams, receive });
  const production = createApnsDoor(services, options, "production");
  const sandbox = createApnsDoor(services, options, "sandbox");
  const all = [fcm, production, sandbox];
  const close = async (): Promise<void> => void (await Promise.all(all.map(async (door) => door.close())));
  return {
    open: async ({ port, apnsPort, apnsSandboxPort }) => {
      try {
        return {
          fcm: await openDoor(fcm, host, port),
          production: await openDoor(production, host, apnsPort),
          sandbox: await openDoor(sandbox, host, apnsSandboxPort),
        };
      } catch (error) {
        await close();
        throw error;
      }
    },
    count,
    sendAway: (reason) => {
      fcm.sendAway();
      const data = reason === undefined ? undefined : JSON.stringify({ reason });
      for (const door of [production, sandbox]) door.sendAway(data);
    },
    dropAll: () => {
      for (const door of all) door.dropAll();
    },
    close,
  };
}

function createApnsDoor(
  services: Services,
  { host, certificate }: DoorOptions,
  environment: ApnsEnvironment,
): FrontDoor {
  const receive = createApnsReceiver({ ...services, host, counters: services.counters.apns }, environment);
  return new FrontDoor({
    certificate,
    maxConcurrentStreams: STREAMS.known,
    announcedStreams: STREAMS.unknown,
    refuseHttp1,
    receive,
  });
}

async function openDoor(door: FrontDoor, host: string, wanted: number): Promise<PortAddress> {
  const { port } = await door.open(host, wanted);
  const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return { url: `http://${address}`, address };
}

function countAll({ counters }: Services, fcm: FrontDoor, apns: readonly FrontDoor[]): EmulatorCounters {
  return {
    ...counters.fcm,
    connections: fcm.accepted,
    openConnections: fcm.openCount,
    apns: {
      ...counters.apns,
      connections: apns.reduce((sum, { accepted }) => sum + accepted, 0),
      openConnections: apns.reduce((sum, { openCount }) => sum + openCount, 0),
    },
  };
}
