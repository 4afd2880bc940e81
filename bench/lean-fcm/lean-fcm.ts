import { createCertificate } from "../../harness/certificate.ts";
import { startChild } from "../children/child.ts";

/** What the process of a lean FCM is started with. */
export interface LeanFcmInput {
  /** How long each answer takes, in milliseconds. */
  readonly delayMs: number;
  /** PEM. */
  readonly key: string;
  readonly cert: string;
}

/** An FCM that accepts whatever it is sent, over HTTP/2 or HTTP/1.1. */
export interface LeanFcm {
  readonly origin: string;
  /** The certificate authority to trust. */
  readonly ca: string;
  stop(): Promise<void>;
}

/**
 * Starts an FCM that reads no message, over TLS in a process of its own: what is measured is who sends, and our
 * FCM emulator, which checks and keeps every message, takes fewer a second than either sender can send.
 *
 * It reads the frames of HTTP/2 itself, since `firebase-admin` sends `https:` for `:scheme`, which Node's HTTP/2 server refuses.
 */
export async function startLeanFcm({ delayMs }: Pick<LeanFcmInput, "delayMs">): Promise<LeanFcm> {
  const { key, cert } = await createCertificate();
  const input: LeanFcmInput = { delayMs, key, cert };
  const child = startChild<{ readonly port: number }>(new URL("main.ts", import.meta.url), input);
  const { port } = await child.next();
  return { origin: `https://127.0.0.1:${port}`, ca: cert, stop: () => child.stop() };
}
