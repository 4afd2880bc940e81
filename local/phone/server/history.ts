import { randomUUID } from "node:crypto";
import { deleteApp, initializeApp } from "firebase-admin/app";
import { getAuth, type Auth } from "firebase-admin/auth";
import { getFirestore } from "firebase-admin/firestore";
import { foldRings, type HistoryCall } from "../../../packages/client/src/history.ts";
import { readRing } from "../../../functions/src/rings/ring.ts";
import type { HistoryEntry, PhoneConfig } from "../wire.ts";
import { RequestError } from "./request-error.ts";

/** Maximum number of listed calls, and of the rings that they are grouped from. */
const listedCalls = 50;
const readRings = 200;

/** The call history of users. */
export interface History {
  /** The calls of the user whose `Authorization` header this is, newest first; throws 401 without a good ID token. */
  list(authorization: string | undefined): Promise<readonly HistoryEntry[]>;
  close(): Promise<void>;
}

/**
 * Reads the history from Firestore. A real app reads it with the client SDK, under the security rules. The stack's Firestore
 * only supports gRPC, which browsers do not.
 */
export function createHistory(options: {
  readonly config: Pick<PhoneConfig, "projectId" | "authUrl">;
  readonly firestoreHost: string;
}): History {
  const { projectId, authUrl } = options.config;
  // The Admin SDK finds the Auth emulator only through this variable. Firestore's client would look for a metadata server.
  Object.assign(process.env, {
    FIREBASE_AUTH_EMULATOR_HOST: new URL(authUrl).host,
    METADATA_SERVER_DETECTION: "none",
  });
  const app = initializeApp({ projectId }, `virtual-phone-${randomUUID()}`);
  const db = getFirestore(app);
  db.settings({ host: options.firestoreHost, ssl: false });
  return {
    list: async (authorization) => {
      const uid = await verifyUser(getAuth(app), authorization);
      const query = db.collection("rings").where("uid", "==", uid).orderBy("createdAt", "desc");
      const { docs } = await query.limit(readRings).get();
      const rings = docs.map((doc) => ({ ...readRing(doc), id: doc.id }));
      return foldRings(rings, Date.now()).slice(0, listedCalls).map(buildEntry);
    },
    close: () => deleteApp(app),
  };
}

async function verifyUser(auth: Auth, authorization: string | undefined): Promise<string> {
  const idToken = /^Bearer (.+)$/i.exec(authorization ?? "")?.[1];
  if (idToken === undefined) throw new RequestError(401, "unauthenticated", "Log in first");
  try {
    return (await auth.verifyIdToken(idToken)).uid;
  } catch (error) {
    // Other errors mean that the Auth emulator did not answer.
    if (!hasAuthCode(error)) throw error;
    throw new RequestError(401, "unauthenticated", "The ID token is invalid or expired");
  }
}

function hasAuthCode(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("auth/");
}

function buildEntry({ createdAt, ringEndsAt, ...call }: HistoryCall): HistoryEntry {
  const until = ringEndsAt === undefined ? {} : { ringEndsAt: new Date(ringEndsAt).toISOString() };
  return { ...call, createdAt: new Date(createdAt).toISOString(), ...until };
}
