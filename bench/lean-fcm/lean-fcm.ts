import { createCertificate } from "../../harness/certificate.ts";
import { startChild } from "../children/child.ts";

/** Input of a lean FCM's process. */
export interface LeanFcmInput {
  /** Delay of each answer, in milliseconds. */
  readonly delayMs: number;
  /** PEM. */
  readonly key: string;
  readonly cert: string;
}

/** An FCM that accepts everything, over HTTP/2 or HTTP/1.1; a client of APNs can send to it as well. */
export interface LeanFcm {
  readonly origin: string;
  /** The certificate authority to trust. */
  readonly ca: string;
  stop(): Promise<void>;
}

/**
 * Starts an FCM that parses no message, over TLS in its own process, so that the sender is the bottleneck. Our FCM emulator
 * checks and keeps every message, and accepts fewer per second than either sender can send.
 *
 * It parses HTTP/2 frames itself, because `firebase-admin` sends `https:` for `:scheme`, which Node's HTTP/2 server refuses.
 */
export async function startLeanFcm({ delayMs }: Pick<LeanFcmInput, "delayMs">): Promise<LeanFcm> {
  const { key, cert } = await createCertificate();
  const input: LeanFcmInput = { delayMs, key, cert };
  const child = startChild<{ readonly port: number }>(new URL("main.ts", import.meta.url), input);
  const { port } = await child.next();
  return { origin: `https://127.0.0.1:${port}`, ca: cert, stop: () => child.stop() };
}
