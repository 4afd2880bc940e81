// A browser lets a page of any web site send requests to servers of its own machine. Their headers tell:
// https://fetch.spec.whatwg.org/#origin-header, and Host if a site has pointed its own name to this machine ("DNS rebinding").
import type { IncomingHttpHeaders } from "node:http";
import { BlockList, isIP } from "node:net";

import { buildJsonAnswer } from "./exchange.ts";
import type { Answer } from "./exchange.ts";

/** The answer to such a page. */
export const FOREIGN_PAGE: Answer = buildJsonAnswer(403, {
  error: {
    code: "foreign_page",
    message: "a page of a web site may not use the emulator: Host and Origin must be of this machine or its network",
  },
});

/** Domains that no web site has (RFC 6761, 6762, 8375, ICANN's `internal`). */
const SAFE_DOMAIN = /(?:^|\.)(?:localhost|local|internal|test|home\.arpa)$/;

/** Google's and Apple's, for which redirected clients ask. No page: anybody may have one on storage.googleapis.com. */
const REDIRECTED = /(?:^|\.)(?:googleapis\.com|push\.apple\.com)$/;

const NEAR = new BlockList();
for (const [network, bits] of [
  ["127.0.0.0", 8],
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["169.254.0.0", 16],
] as const) {
  NEAR.addSubnet(network, bits);
}
NEAR.addAddress("::1", "ipv6");
NEAR.addSubnet("fc00::", 7, "ipv6");
NEAR.addSubnet("fe80::", 10, "ipv6");

/** Whether the page of a web site may have sent a request to a local server, which listens on the host name `own`. */
export function isFromForeignPage(headers: IncomingHttpHeaders, own?: string): boolean {
  const host = headers[":authority"]?.toString() ?? headers.host;
  const asked = host === undefined ? undefined : nameOf(`http://${host}`);
  // A site can point a name of its own to this machine, but no address.
  if (asked !== undefined && asked !== own && isIP(asked) === 0 && !isSafeName(asked) && !REDIRECTED.test(asked))
    return true;
  if (headers.origin === undefined) return false;
  const page = nameOf(headers.origin);
  return page !== own && page !== asked && !isNear(page) && !isSafeName(page);
}

/** The host of a URL, an IPv6 address without brackets; empty if it has none. */
function nameOf(url: string): string {
  const hostname = URL.parse(url)?.hostname ?? "";
  return hostname.toLowerCase().replace(/\.$/, "").replaceAll(/[[\]]/g, "");
}

/** A name without a dot is one of the local network, such as a container's. */
function isSafeName(name: string): boolean {
  return name !== "" && isIP(name) === 0 && (!name.includes(".") || SAFE_DOMAIN.test(name));
}

function isNear(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && NEAR.check(address, family === 4 ? "ipv4" : "ipv6");
}
