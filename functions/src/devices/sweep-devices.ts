import { Timestamp, type Query, type Transaction } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import { saveToAudience } from "./audience/audience.ts";
import { changeDevices, type DeviceChange } from "./change-devices.ts";
import { deleteDevices } from "./delete-devices.ts";
import { devicesRef, readDevice, type Device } from "./device.ts";
import { readPages } from "../firestore/pages.ts";

/** From then on silent campaigns leave a device alone. */
const staleAfterDays = 30;

/** FCM itself gives up an Android app that has not been connected for so long. */
const forgottenAfterDays = 270;

const dayMs = 24 * 60 * 60 * 1000;

/** How many devices a sweep has changed. */
export interface Swept {
  readonly stale: number;
  readonly forgotten: number;
}

/**
 * Marks the devices that have become stale and forgets those that have been away for too long. It reads those only, and a
 * device that is seen in the meantime is left alone. Run again, it goes on where it was stopped. When it throws because
 * some devices could not be changed, all the others have been.
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

function markStale(transaction: Transaction, services: Services, devices: readonly Device[]): void {
  for (const { deviceId } of devices) transaction.update(devicesRef(services.db).doc(deviceId), { stale: true });
  saveToAudience(
    transaction,
    services,
    devices.map((device) => ({ ...device, stale: true })),
  );
}

function daysAgo({ clock }: Services, days: number): Timestamp {
  return Timestamp.fromMillis(clock.now() - days * dayMs);
}
