import { randomUUID } from "node:crypto";

import type { Exchange } from "../exchange.ts";
import type { ApnsEnvironment, Registration, Registrations } from "../registrations.ts";

/** A request to APNs, read but not yet checked. */
export interface PushRequest {
  readonly method: string;
  readonly path: string;
  /** Undefined if the path is not one of a device. */
  readonly deviceToken: string | undefined;
  /** The install with this token, in either environment. */
  readonly phone: Registration | undefined;
  readonly environment: ApnsEnvironment;
  /** Undefined if it is longer than any payload may be. */
  readonly body: Buffer | undefined;
  /** A header by its name in lower case. */
  readonly header: (name: string) => string | undefined;
  /** The names of all headers, in lower case, as often as each was sent. */
  readonly headerNames: readonly string[];
  /** The sender's id, or a new one where it has none or no valid one. */
  readonly apnsId: string;
}

const DEVICE_PATH = "/3/device/";
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether an id has the form that APNs asks for. */
export function isApnsId(id: string): boolean {
  return UUID.test(id);
}

/** Reads a request whose body has arrived. */
export function readPush(
  registrations: Registrations,
  { method, target, headers, rawHeaders }: Exchange,
  body: Buffer | undefined,
  environment: ApnsEnvironment,
): PushRequest {
  const deviceToken = target.startsWith(DEVICE_PATH) ? target.slice(DEVICE_PATH.length) : undefined;
  const header = (name: string): string | undefined => headers[name]?.toString();
  const id = header("apns-id");
  return {
    method,
    path: target,
    deviceToken,
    phone: deviceToken === undefined ? undefined : registrations.findByVoipToken(deviceToken),
    environment,
    body,
    header,
    headerNames: rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()),
    apnsId: id !== undefined && isApnsId(id) ? id : randomUUID(),
  };
}
