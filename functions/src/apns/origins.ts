import type { ApnsEnvironment } from "../transport/outcome.ts";

/** The origin of each of APNs' two environments. */
export type Origins = Readonly<Record<ApnsEnvironment, string>>;

/** What decides the {@link Origins}. */
export interface OriginOptions {
  readonly origins?: Origins;
  /** `host:port` of the APNs emulator, without TLS; its sandbox listens on the next port. */
  readonly emulatorHost?: string;
}

const appleOrigins: Origins = {
  production: "https://api.push.apple.com",
  sandbox: "https://api.sandbox.push.apple.com",
};

/** The given origins, else the emulator's, else Apple's. */
export function chooseOrigins({ origins, emulatorHost }: OriginOptions): Origins {
  if (origins !== undefined) return origins;
  if (emulatorHost === undefined) return appleOrigins;
  const { hostname, port } = new URL(`http://${emulatorHost}`);
  return { production: `http://${hostname}:${port}`, sandbox: `http://${hostname}:${Number(port) + 1}` };
}
