import type { RequestOrder } from "../wire.ts";

/** Whether a request was sent before another one that has arrived already. Requests of different runs have no order. */
export function isOvertaken(
  request: RequestOrder | undefined,
  arrived: readonly (RequestOrder | undefined)[],
): boolean {
  if (request === undefined) return false;
  return arrived.some((other) => other?.run === request.run && other.count > request.count);
}
