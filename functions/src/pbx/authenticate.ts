import type { Request } from "express";
import { AccessDenied } from "../errors.ts";
import type { PbxKeys } from "../keys/key-cache.ts";
import type { PbxKey } from "../keys/pbx-key.ts";
import type { Services } from "../services.ts";

/**
 * Finds the key of a request; throws {@link AccessDenied} if it is missing, wrong, or not allowed from this address,
 * and {@link TooManyRequests} above its rate.
 */
export async function authenticate(request: Request, keys: PbxKeys, services: Services): Promise<PbxKey> {
  const bearer = /^Bearer +(\S{1,512}) *$/i.exec(request.headers.authorization ?? "")?.[1];
  const key = bearer === undefined ? undefined : await keys.find(bearer);
  if (key === undefined)
    throw new AccessDenied("unauthenticated", "A valid key is needed: Authorization: Bearer <key>");
  if (key.hasAddresses) requireAddress(request, key, services);
  key.countRequest(services.clock.now());
  return key;
}

/**
 * Behind two proxies a client that goes around the first one can write the address that we read. A restriction that can
 * be forged must not look like one.
 */
function requireAddress(request: Request, key: PbxKey, { clock, config, log }: Services): void {
  const { trustedProxies, ingressClosed } = config;
  const isKnowable = trustedProxies <= 1 || ingressClosed;
  if (isKnowable && key.allowsAddress(clientAddress(request, trustedProxies))) return;
  key.countStranger(clock.now());
  if (isKnowable) throw new AccessDenied("forbidden", "The key is not for this address");
  log.error("key_address_unknowable", { key: key.shortDigest, trustedProxies });
  throw new AccessDenied("forbidden", "The key has ips, and this deployment cannot know a client's address");
}

/**
 * The address that the outermost trusted proxy saw. Addresses further left in the header are invented by the client.
 */
function clientAddress(request: Request, trustedProxies: number): string {
  const forwarded = request.headers["x-forwarded-for"]?.toString().split(",") ?? [];
  const seen = trustedProxies === 0 ? undefined : forwarded.at(-trustedProxies);
  return seen?.trim() || (request.socket.remoteAddress ?? "");
}
