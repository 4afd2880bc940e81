import type { AcceptedMessage } from "../../packages/push-emulator/src/emulator.ts";
import type { Setup } from "./setup.ts";

/** What FCM accepted for one device, and what the phone received of it. */
export interface DeviceRecord {
  /** The id of its document. */
  readonly id: string;
  readonly shard: string;
  readonly accepted: readonly AcceptedMessage[];
}

/** The emulator's records of every seeded device. */
export function readRecords({ surroundings: { fcm }, devices }: Setup): readonly DeviceRecord[] {
  const byToken = Map.groupBy(fcm.messages(), ({ token }) => token);
  return devices.map(({ id, token, shard }) => ({ id, shard, accepted: byToken.get(token) ?? [] }));
}

/** How many devices got how many messages: `{ 1: 100000 }` when each got one. */
export function countByNumber(numbers: Iterable<number>): { readonly [messages: number]: number } {
  const counts: { [messages: number]: number } = {};
  for (const number of numbers) counts[number] = (counts[number] ?? 0) + 1;
  return counts;
}
