import type { Request } from "express";
import { AccessDenied } from "../errors.ts";
import type { PbxKey, PbxKeys } from "../keys/pbx-key.ts";

/**
 * Finds the key of a request; throws {@link AccessDenied} if it is missing, wrong, or not allowed from this address.
 */
export function authenticate(request: Request, keys: PbxKeys, trustedProxies: number): PbxKey {
  const bearer = /^Bearer +(\S{1,512}) *$/i.exec(request.headers.authorization ?? "")?.[1];
  const key = bearer === undefined ? undefined : keys.find(bearer);
  if (key === undefined)
    throw new AccessDenied("unauthenticated", "A valid key is needed: Authorization: Bearer <key>");
  key.requireAddress(clientAddress(request, trustedProxies));
  return key;
}

/**
 * The address that the outermost trusted proxy saw. Addresses further left in the header are invented by the client.
 */
function clientAddress(request: Request, trustedProxies: number): string {
  const forwarded = request.headers["x-forwarded-for"]?.toString().split(",") ?? [];
  const seen = trustedProxies === 0 ? undefined : forwarded.at(-trustedProxies);
  return seen?.trim() || (request.socket.remoteAddress ?? "");
}
