import { syncBuiltinESMExports } from "node:module";
import tls from "node:tls";
import type { ConnectionOptions, TLSSocket } from "node:tls";

import { GOOGLE_HOSTS } from "./certificate.ts";

/** Where a process's connections to Google go. */
export interface RedirectOptions {
  /** The certificate to trust (PEM): `ca` of the emulator. Left out, what the process trusts, as by NODE_EXTRA_CA_CERTS. */
  readonly ca?: string | undefined;
}

/**
 * From now on, TLS connections of this process to fcm.googleapis.com, iid.googleapis.com, oauth2.googleapis.com and
 * www.googleapis.com go to the emulator at `address` (`host:port`), which must have been started with `tls`. For clients that have no setting for it, such
 * as firebase-admin. Call what it returns to close them and let new ones go to Google again.
 */
export function redirectGoogle(address: string, { ca }: RedirectOptions = {}): () => void {
  const { hostname, port } = new URL(`http://${address}`);
  const emulator = { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port), ...(ca === undefined ? {} : { ca }) };
  const { connect } = tls;
  const led = new Set<TLSSocket>();
  replaceConnect((...args: readonly unknown[]) => {
    const { options, onConnect } = readArguments(args);
    const { host = "" } = options;
    if (!GOOGLE_HOSTS.includes(host) || options.socket !== undefined) return connect(options, onConnect);
    const socket = connect({ ...options, servername: host, ...emulator }, onConnect);
    led.add(socket);
    return socket.once("close", () => led.delete(socket));
  });
  return () => {
    replaceConnect(connect);
    // A pool would go on using them.
    for (const socket of led) socket.destroy();
  };
}

/** HTTP/1.1, HTTP/2 and fetch of Node all take it from here. */
function replaceConnect(connect: unknown): void {
  Object.assign(tls, { connect });
  syncBuiltinESMExports();
}

interface ConnectArguments {
  readonly options: ConnectionOptions;
  readonly onConnect: (() => void) | undefined;
}

/** `tls.connect(options?, callback?)`, with `port`, `host` or `path` in front. */
function readArguments(args: readonly unknown[]): ConnectArguments {
  const options: ConnectionOptions = {};
  let onConnect: (() => void) | undefined;
  for (const [index, arg] of args.entries()) {
    // Node's HTTP/2 client gives the port as text.
    if (index === 0 && isPort(arg)) options.port = Number(arg);
    else if (typeof arg === "string") options[index === 0 ? "path" : "host"] = arg;
    else if (isCallback(arg)) onConnect = arg;
    else Object.assign(options, arg);
  }
  return { options, onConnect };
}

function isPort(value: unknown): boolean {
  return typeof value === "number" || (typeof value === "string" && /^\d+$/.test(value));
}

function isCallback(value: unknown): value is () => void {
  return typeof value === "function";
}
