import { syncBuiltinESMExports } from "node:module";
import tls from "node:tls";
import type { ConnectionOptions, TLSSocket } from "node:tls";

import { APPLE_HOSTS, GOOGLE_HOSTS } from "./hosts.ts";

/** Options of a redirection. */
export interface RedirectOptions {
  /**
   * The certificate to trust (PEM): the emulator's `ca`. Default: what the process trusts, for example by
   * NODE_EXTRA_CA_CERTS.
   */
  readonly ca?: string | undefined;
}

/**
 * Redirects TLS connections of this process to fcm.googleapis.com, iid.googleapis.com, oauth2.googleapis.com and
 * www.googleapis.com to the emulator at `address` (`host:port`), which must have been started with `tls`. For clients
 * without a setting for it, such as firebase-admin. Returns a function that closes these connections and ends the
 * redirect.
 */
export function redirectGoogle(address: string, options: RedirectOptions = {}): () => void {
  return redirectHosts(GOOGLE_HOSTS, address, options);
}

/**
 * The same for api.push.apple.com and api.sandbox.push.apple.com: redirects to the emulator's APNs port at `address`, of
 * either environment.
 */
export function redirectApple(address: string, options: RedirectOptions = {}): () => void {
  return redirectHosts(Object.values(APPLE_HOSTS), address, options);
}

function redirectHosts(hosts: readonly string[], address: string, { ca }: RedirectOptions): () => void {
  const { hostname, port } = new URL(`http://${address}`);
  const emulator = { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port), ...(ca === undefined ? {} : { ca }) };
  const { connect } = tls;
  const redirected = new Set<TLSSocket>();
  let isActive = true;
  const redirect = (...args: readonly unknown[]): TLSSocket => {
    const { options, onConnect } = readArguments(args);
    const { host = "" } = options;
    if (!isActive || !hosts.includes(host) || options.socket !== undefined) return connect(options, onConnect);
    const socket = connect({ ...options, servername: host, ...emulator }, onConnect);
    redirected.add(socket);
    return socket.once("close", () => redirected.delete(socket));
  };
  replaceConnect(redirect);
  return () => {
    isActive = false;
    // A redirection that began later still needs this function.
    if (Object.is(tls.connect, redirect)) replaceConnect(connect);
    // A pool would keep using them. They are ended, not destroyed: undici throws when its HTTP/2 socket is destroyed.
    for (const socket of redirected) socket.on("error", ignoreLostServer).end();
  };
}

/** The emulator may close a connection before it has ended. */
function ignoreLostServer(): void {}

/** Node's HTTP/1.1, HTTP/2 and fetch all use this function. */
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
