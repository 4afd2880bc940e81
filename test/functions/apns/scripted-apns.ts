import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createApnsClient, type ApnsClient, type ApnsClientOptions } from "../../../functions/src/apns/client.ts";
import type { ApnsEnvironment } from "../../../functions/src/transport/outcome.ts";
import { createCertificate } from "../../../harness/certificate.ts";
import {
  startScriptedPeer,
  type Received,
  type ScriptedPeer,
  type ScriptedPeerOptions,
} from "../../support/scripted-peer.ts";

/** A key like Apple's. */
export interface SigningKey {
  /** The text of the `.p8` file. */
  readonly text: string;
  readonly publicKey: KeyObject;
}

/** Makes a key of a curve; Apple's is P-256. */
export function createKey(namedCurve = "P-256"): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve });
  return { text: privateKey.export({ type: "pkcs8", format: "pem" }).toString(), publicKey };
}

const { text: key } = createKey();

/** A scripted server for each of APNs' environments. */
export type ScriptedApns = Readonly<Record<ApnsEnvironment, ScriptedPeer>> & { close(): Promise<void> };

/** Starts two scripted servers that accept pushes as APNs does. */
export async function startScriptedApns(options: Partial<ScriptedPeerOptions> = {}): Promise<ScriptedApns> {
  const certificate = await createCertificate();
  const start = () => startScriptedPeer({ streams: 1000, accept, certificate, ...options });
  const [production, sandbox] = await Promise.all([start(), start()]);
  return {
    production,
    sandbox,
    close: async () => {
      await Promise.all([production.close(), sandbox.close()]);
    },
  };
}

/** Accepts a push as APNs does: with its id and no body. */
function accept(received: Received): void {
  received.answer(200, "", { "apns-id": String(received.headers["apns-id"]) });
}

/** Answers a push with a reason, as APNs does. */
export function refuse(received: Received, status: number, reason: string, more: object = {}): void {
  received.answer(status, JSON.stringify({ reason, ...more }), { "apns-id": String(received.headers["apns-id"]) });
}

/** Runs `use` with a client of the scripted servers. */
export async function withClient<T>(
  { production, sandbox }: ScriptedApns,
  options: Partial<ApnsClientOptions>,
  use: (client: ApnsClient) => Promise<T>,
): Promise<T> {
  const origins = { production: production.origin, sandbox: sandbox.origin };
  const required = { teamId: "TEAM000001", keyId: "KEY0000001", key, origins, ca: production.ca };
  const client = createApnsClient({ ...required, ...options });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}
