import type { ApnsEnvironment } from "../transport/outcome.ts";

/** The origin of each of APNs' two environments. */
export type Origins = Readonly<Record<ApnsEnvironment, string>>;

/** Where APNs is, and the host that a request must name if both environments are at one address. */
export interface Place {
  readonly origins: Origins;
  readonly hosts?: Readonly<Record<ApnsEnvironment, string>>;
}

/** What decides the {@link Place}. */
export interface OriginOptions {
  readonly origins?: Origins;
  /** `host:port` of the APNs emulator, without TLS. */
  readonly emulatorHost?: string;
}

const appleHosts = { production: "api.push.apple.com", sandbox: "api.sandbox.push.apple.com" };

/** The given origins, else the emulator's, which tells the environments apart by Apple's host names, else Apple's. */
export function findApns({ origins, emulatorHost }: OriginOptions): Place {
  if (origins !== undefined) return { origins };
  if (emulatorHost === undefined) {
    return { origins: { production: `https://${appleHosts.production}`, sandbox: `https://${appleHosts.sandbox}` } };
  }
  const origin = `http://${emulatorHost}`;
  return { origins: { production: origin, sandbox: origin }, hosts: appleHosts };
}
