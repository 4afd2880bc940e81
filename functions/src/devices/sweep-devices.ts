import { Timestamp, type Query, type Transaction } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import { changeDevices, type DeviceChange } from "./change-devices.ts";
import { deleteDevices } from "./delete-devices.ts";
import { devicesRef, readDevice, type Device } from "./device.ts";
import { readPages } from "../firestore/pages.ts";

/** Silent campaigns skip a device that is unseen for this long. */
const staleAfterDays = 30;

/** FCM itself drops an Android app that was not connected for this long. */
const forgottenAfterDays = 270;

const dayMs = 24 * 60 * 60 * 1000;

/** How many devices a sweep has changed. */
export interface Swept {
  readonly stale: number;
  readonly forgotten: number;
}

/**
 * Marks stale devices and forgets those unseen for too long. It reads only those, and skips a device that is seen
 * meanwhile. After an interruption, the next call does the rest. If some devices fail, it throws after it has changed
 * all others.
 */
export async function sweepDevices(services: Services): Promise<Swept> {
  const devices = devicesRef(services.db);
  const old = daysAgo(services, forgottenAfterDays);
  const unseen = daysAgo(services, staleAfterDays);
  const forgetting = await sweep(services, devices.where("lastSeenAt", "<=", old), {
    isDue: ({ lastSeenAt }) => lastSeenAt.toMillis() <= old.toMillis(),
    change: deleteDevices,
  });
  const marking = await sweep(services, devices.where("stale", "==", false).where("lastSeenAt", "<=", unseen), {
    isDue: ({ stale, lastSeenAt }) => !stale && lastSeenAt.toMillis() <= unseen.toMillis(),
    change: markStale,
  });
  const swept = { stale: marking.count, forgotten: forgetting.count };
  services.log.info("devices_swept", { ...swept });
  const [cause, ...others] = [...forgetting.failures, ...marking.failures];
  if (cause !== undefined) throw new Error(`${others.length + 1} groups of devices could not be swept`, { cause });
  return swept;
}

async function sweep(services: Services, due: Query, change: DeviceChange) {
  const failures: unknown[] = [];
  let count = 0;
  for await (const page of readPages(due.orderBy("lastSeenAt").select("lastSeenAt", "audienceShard"))) {
    const changed = await changeDevices(services, page.map(readDevice), change);
    count += changed.devices.length;
    failures.push(...changed.failures);
  }
  return { count, failures };
}

function markStale(transaction: Transaction, { db }: Services, devices: readonly Device[]): void {
  for (const { id } of devices) transaction.update(devicesRef(db).doc(id), { stale: true });
}

function daysAgo({ clock }: Services, days: number): Timestamp {
  return Timestamp.fromMillis(clock.now() - days * dayMs);
}
