import type { DocumentReference, DocumentSnapshot, Firestore } from "firebase-admin/firestore";
import { z } from "zod";
import { documentId } from "../parse-input.ts";
import type { ServerSettings } from "../wire.ts";
import { isHost } from "./is-host.ts";

/** What the backend knows of a user. */
export interface User {
  /** The extens that ring this user's phones. */
  readonly extens: readonly string[];
  readonly mutedCampaigns: readonly string[];
  /** `null` until the user has saved complete and sane settings. */
  readonly serverSettings: ServerSettings | null;
}

// The same bounds as firestore.rules: a client writes these three fields itself.
const serverSettings = z.object({
  serverAddress: z.string().refine(isHost),
  serverPort: z.int().min(1).max(65_535),
  serverSSL: z.boolean(),
});

const strings = z.array(z.string()).catch([]);

/** A uid that can name a document. A custom token may carry any string of 1 to 128 characters. */
export const userId = documentId(/^[^/\p{Cc}\p{Cs}]{1,128}$/u, "must be 1 to 128 characters without a slash").describe(
  "A user of Firebase Auth",
);

/** Whether a uid can name a document. */
export function isUserId(uid: string): boolean {
  return userId.safeParse(uid).success;
}

/** The document of a user: `users/{uid}`. */
export function userRef(db: Firestore, uid: string): DocumentReference {
  return db.collection("users").doc(uid);
}

/** Parses a user's document; a missing document or a field of another type reads as empty. */
export function parseUser(snapshot: DocumentSnapshot): User {
  const settings = serverSettings.safeParse(snapshot.data());
  return {
    extens: strings.parse(snapshot.get("extens")),
    mutedCampaigns: strings.parse(snapshot.get("mutedCampaigns")),
    serverSettings: settings.success ? settings.data : null,
  };
}

/** The user's server settings, or `null` when none are saved. */
export async function findServerSettings(db: Firestore, uid: string): Promise<ServerSettings | null> {
  return parseUser(await userRef(db, uid).get()).serverSettings;
}
