import type { DeliveryService } from "../delivery-service.ts";
import type { ApnsHeaders } from "../message-record.ts";
import type { PushRequest } from "./push-request.ts";

/** APNs keeps a push without an expiration for thirty days, and none for longer. */
const MAX_STORED_MS = 30 * 24 * 60 * 60 * 1000;
const DEFAULT_PRIORITY = 10;

/** Accepts a push that passed all checks. */
export function acceptPush(deliveryService: DeliveryService, push: PushRequest, now: number): void {
  const { phone, body } = push;
  if (phone?.voipToken === undefined || body === undefined) throw new Error("the push was not checked");
  const headers = readHeaders(push);
  deliveryService.accept(
    {
      channel: "apns",
      id: deliveryService.createId(now),
      token: phone.token,
      voipToken: phone.voipToken,
      headers,
      payloadText: body.toString("utf8"),
      acceptedAt: now,
      collapseKey: headers.collapseId,
      expiresAt: computeExpiry(headers.expiration, now),
      delivery: "stored",
    },
    phone,
  );
}

function readHeaders({ header, apnsId }: PushRequest): ApnsHeaders {
  const pushType = header("apns-push-type");
  const expiration = header("apns-expiration");
  const collapseId = header("apns-collapse-id");
  return {
    apnsId,
    topic: header("apns-topic") ?? "",
    ...(pushType === undefined ? {} : { pushType }),
    priority: Number(header("apns-priority") ?? DEFAULT_PRIORITY),
    ...(expiration === undefined ? {} : { expiration: Number(expiration) }),
    ...(collapseId === undefined ? {} : { collapseId }),
  };
}

/** In milliseconds since the Unix epoch; `now` itself means now or never. */
function computeExpiry(expiration: number | undefined, now: number): number {
  if (expiration === undefined) return now + MAX_STORED_MS;
  return Math.min(Math.max(now, expiration * 1000), now + MAX_STORED_MS);
}
