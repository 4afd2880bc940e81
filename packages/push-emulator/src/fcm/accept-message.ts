import type { EmulatorClock } from "../clock.ts";
import type { DeliveryService } from "../delivery-service.ts";
import type { JsonObject } from "../json.ts";
import type { FcmRecord } from "../message-record.ts";
import type { Registration } from "../registrations.ts";
import { computeExpiry, findCollapseKey } from "./lifetime.ts";
import { findText } from "./message.ts";
import type { Topics } from "./topics.ts";

/** The parts of the emulator that an accepted message goes through. */
export interface AcceptServices {
  readonly clock: EmulatorClock;
  readonly topics: Topics;
  readonly deliveryService: DeliveryService;
}

/** Accepts a message for an install, or for the installs of its topic or condition; returns its id. */
export function acceptMessage(
  { clock, topics, deliveryService }: AcceptServices,
  message: JsonObject,
  registration: Registration | undefined,
  requestText: string,
): string {
  const now = clock.now();
  const fid = findText(message, "fid");
  const record: FcmRecord = {
    channel: "fcm",
    id: deliveryService.createId(now),
    requestText,
    acceptedAt: now,
    ...addressTo(message, registration, now),
    ...(fid === undefined ? {} : { fid }),
  };
  if (registration === undefined) {
    const audience = topics.findAudience(message);
    const send = { ...record, recipients: audience.length };
    deliveryService.acceptForMany(
      send,
      audience.map((one) => ({
        copy: { ...record, ...addressTo(message, one, now), copyOf: send },
        registration: one,
      })),
    );
  } else deliveryService.accept(record, registration);
  return record.id;
}

/** The fields of a record that depend on its install. */
function addressTo(
  message: JsonObject,
  registration: Registration | undefined,
  now: number,
): Pick<FcmRecord, "token" | "collapseKey" | "expiresAt" | "delivery"> {
  const platform = registration?.platform ?? "android";
  return {
    token: registration?.token ?? null,
    collapseKey: findCollapseKey(message, platform),
    expiresAt: computeExpiry(message, platform, now),
    delivery: "stored",
  };
}
