import type { DocumentReference, Firestore, Transaction } from "firebase-admin/firestore";
import { findDevicesOfUser, saveExtens } from "../devices/find-devices.ts";
import type { Services } from "../services.ts";
import { parseUser, userRef } from "../users/user.ts";

/** `lines/{exten}`: whose phones an exten rings. */
export interface Line {
  readonly exten: string;
  readonly uid: string;
}

/** The line of an exten, or `undefined` when nobody owns it. */
export async function findLine({ db }: Services, exten: string): Promise<Line | undefined> {
  const snapshot = await lineRef(db, exten).get();
  return snapshot.exists ? { exten, uid: ownerOf(snapshot.get("uid")) } : undefined;
}

/** Gives an exten to a user, and with it all their phones; whoever had it before loses it. */
export async function assignLine(services: Services, { exten, uid }: Line): Promise<Line> {
  const { db } = services;
  await db.runTransaction(async (transaction) => {
    const line = await transaction.get(lineRef(db, exten));
    const former = line.exists ? ownerOf(line.get("uid")) : undefined;
    const changes = await Promise.all([
      changeExtens(transaction, services, uid, (extens) => [...new Set([...extens, exten])]),
      ...(former !== undefined && former !== uid ? [takeAway(transaction, services, former, exten)] : []),
    ]);
    transaction.set(line.ref, { uid });
    for (const write of changes) write();
  });
  return { exten, uid };
}

/** Takes an exten from its user and their phones; returns the line as it was, or `undefined` when nobody owned it. */
export async function releaseLine(services: Services, exten: string): Promise<Line | undefined> {
  const { db } = services;
  return db.runTransaction(async (transaction) => {
    const line = await transaction.get(lineRef(db, exten));
    if (!line.exists) return undefined;
    const uid = ownerOf(line.get("uid"));
    const write = await takeAway(transaction, services, uid, exten);
    transaction.delete(line.ref);
    write();
    return { exten, uid };
  });
}

function lineRef(db: Firestore, exten: string): DocumentReference {
  return db.collection("lines").doc(exten);
}

function ownerOf(uid: unknown): string {
  if (typeof uid !== "string") throw new TypeError("A line without a uid: lines are written by the backend only");
  return uid;
}

async function takeAway(transaction: Transaction, services: Services, uid: string, exten: string) {
  return changeExtens(transaction, services, uid, (extens) => extens.filter((other) => other !== exten));
}

/** Reads now and returns the writes for later, because a transaction must finish reading before it writes. */
async function changeExtens(
  transaction: Transaction,
  services: Services,
  uid: string,
  change: (extens: readonly string[]) => readonly string[],
): Promise<() => void> {
  const ref = userRef(services.db, uid);
  const [user, devices] = await Promise.all([transaction.get(ref), findDevicesOfUser(transaction, services, uid)]);
  const extens = change(parseUser(user).extens);
  return () => {
    transaction.set(ref, { extens }, { merge: true });
    for (const { deviceId } of devices) saveExtens(transaction, services, deviceId, extens);
  };
}
