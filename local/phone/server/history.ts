import { randomUUID } from "node:crypto";
import { deleteApp, initializeApp } from "firebase-admin/app";
import { getAuth, type Auth } from "firebase-admin/auth";
import { getFirestore, type QueryDocumentSnapshot } from "firebase-admin/firestore";
import type { CallDocument } from "../../../functions/src/calls/call.ts";
import type { HistoryEntry, PhoneConfig } from "../wire.ts";
import { RequestError } from "./request-error.ts";

/** As many calls as a phone lists. */
const listedCalls = 50;

/** The calls of users, for those who prove who they are. */
export interface History {
  /** The calls of whoever this `Authorization` header is of, newest first; throws 401 without a good ID token. */
  list(authorization: string | undefined): Promise<readonly HistoryEntry[]>;
  close(): Promise<void>;
}

/**
 * Reads the history out of Firestore. A real app does so itself, with the client SDK and under the security rules; the
 * stack's Firestore speaks gRPC only, which browsers do not.
 */
export function createHistory(options: {
  readonly config: Pick<PhoneConfig, "projectId" | "authUrl">;
  readonly firestoreHost: string;
}): History {
  const { projectId, authUrl } = options.config;
  // The Admin SDK looks for the Auth emulator nowhere else, and Firestore's client for credentials in Google's cloud first.
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
      const query = db.collection("calls").where("uids", "array-contains", uid).orderBy("createdAt", "desc");
      const { docs } = await query.limit(listedCalls).get();
      return docs.map(readEntry);
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
    // Anything else is a login server that cannot be asked.
    if (!hasAuthCode(error)) throw error;
    throw new RequestError(401, "unauthenticated", "The ID token is not good, or not any more");
  }
}

function hasAuthCode(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("auth/");
}

function readEntry(snapshot: QueryDocumentSnapshot): HistoryEntry {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by the service only
  const call = snapshot.data() as CallDocument;
  const answered = Object.entries(call.devices).find(([, { state }]) => state === "answered");
  return {
    callId: snapshot.id,
    callerId: call.callerId,
    callerName: call.callerName,
    extens: Object.keys(call.extens),
    createdAt: call.createdAt.toDate().toISOString(),
    status: call.status,
    ...(call.endReason !== undefined && { endReason: call.endReason }),
    ...(answered !== undefined && { answeredBy: answered[0] }),
  };
}
