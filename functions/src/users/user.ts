import type { CollectionReference, DocumentReference, DocumentSnapshot, Firestore } from "firebase-admin/firestore";
import { z } from "zod";
import type { ServerSettings } from "../wire.ts";
import { isHost } from "./is-host.ts";

/** A user as the backend reads it. */
export interface User {
  /** The extens that ring this user's phones. */
  readonly extens: readonly string[];
  readonly mutedCampaigns: readonly string[];
  /** The last numbered requests of `unregisterDevice`, newest first: an earlier request may still come. */
  readonly unregistered: readonly Unregistered[];
  /** `null` until the user has saved complete and valid settings. */
  readonly serverSettings: ServerSettings | null;
}

/** A phone's numbered request of `unregisterDevice`. */
export type Unregistered = z.infer<typeof unregistered>;

const unregistered = z.object({ deviceId: z.string(), run: z.string(), count: z.int() });

// The same limits as in firestore.rules: a client writes these three fields itself.
const serverSettings = z.object({
  serverAddress: z.string().refine(isHost),
  serverPort: z.int().min(1).max(65_535),
  serverSSL: z.boolean(),
});

const strings = z.array(z.string()).catch([]);
const allUnregistered = z.array(unregistered).catch([]);

/** The collection of users. */
export function usersRef(db: Firestore): CollectionReference {
  return db.collection("users");
}

/** The document of a user: `users/{uid}`. */
export function userRef(db: Firestore, uid: string): DocumentReference {
  return usersRef(db).doc(uid);
}

/** Parses a user's document; a missing document or a field of another type reads as empty. */
export function parseUser(snapshot: DocumentSnapshot): User {
  const settings = serverSettings.safeParse(snapshot.data());
  return {
    extens: strings.parse(snapshot.get("extens")),
    mutedCampaigns: strings.parse(snapshot.get("mutedCampaigns")),
    unregistered: allUnregistered.parse(snapshot.get("unregistered")),
    serverSettings: settings.success ? settings.data : null,
  };
}

/** The user's server settings, or `null` when none are saved. */
export async function findServerSettings(db: Firestore, uid: string): Promise<ServerSettings | null> {
  return parseUser(await userRef(db, uid).get()).serverSettings;
}
