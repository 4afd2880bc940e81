import { isIP } from "node:net";

import { APPLE_HOSTS, GOOGLE_HOSTS } from "./hosts.ts";

/** A key and its certificate, PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** Makes a self-signed certificate for Google's and Apple's hosts, this machine and `host`; clients trust it as their CA. */
export async function makeCertificate(host: string): Promise<Certificate> {
  // Loaded on first use: it takes longer than everything else, and few starts need it.
  const { generate } = await import("selfsigned");
  const ips = new Set(["127.0.0.1", "::1", ...(isIP(host) === 0 ? [] : [host])]);
  const services = [...GOOGLE_HOSTS, ...Object.values(APPLE_HOSTS)];
  const names = new Set([...services, "localhost", ...(isIP(host) === 0 ? [host] : [])]);
  const pems = await generate([{ name: "commonName", value: "push-emulator" }], {
    keyType: "ec",
    algorithm: "sha256",
    notAfterDate: new Date(Date.now() + LIFETIME_MS),
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", digitalSignature: true, keyCertSign: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          ...Array.from(names, (value) => ({ type: 2 as const, value })),
          ...Array.from(ips, (ip) => ({ type: 7 as const, ip })),
        ],
      },
    ],
  });
  return { key: pems.private, cert: pems.cert };
}

/** Apple's and Google's clients refuse a certificate of more than 825 days. */
const LIFETIME_MS = 365 * 24 * 60 * 60 * 1000;
