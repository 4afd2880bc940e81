import type { PushEmulatorOptions } from "./contract.ts";
import { choosePorts } from "./ports.ts";
import { RequestError, refuseUnknownFields } from "./request-error.ts";

const OPTIONS: readonly (keyof PushEmulatorOptions)[] = [
  "host",
  "port",
  "apnsPort",
  "apnsSandboxPort",
  "apns",
  "clock",
  "tls",
  "projectId",
  "maxMessages",
  "maxConcurrentStreams",
];
const MAX_PORT = 65_535;

/** Throws an error with the reason for an unknown option or an invalid value: the caller may be JavaScript. */
export function checkOptions(options: PushEmulatorOptions): void {
  refuseUnknownFields({ ...options }, OPTIONS);
  const { projectId, maxMessages, maxConcurrentStreams } = options;
  for (const [name, port] of Object.entries(choosePorts(options))) refuseUnlessWhole(name, port, 0, MAX_PORT);
  refuseUnlessWhole("maxMessages", maxMessages, 0, Number.MAX_SAFE_INTEGER);
  refuseUnlessWhole("maxConcurrentStreams", maxConcurrentStreams, 1, Number.MAX_SAFE_INTEGER);
  if (projectId !== undefined && (typeof projectId !== "string" || projectId === "")) {
    throw new RequestError(400, "invalid_projectId", "the project must be a project id; without one, any is accepted");
  }
}

function refuseUnlessWhole(name: string, value: unknown, from: number, to: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && Number(value) >= from && Number(value) <= to)) return;
  throw new RequestError(400, `invalid_${name}`, `${name} must be a whole number, ${from} to ${to}`);
}
