import {
  FieldPath,
  type CollectionReference,
  type DocumentReference,
  type Firestore,
  type Timestamp,
  type Transaction,
} from "firebase-admin/firestore";
import { refuseInput } from "../errors.ts";
import { findDevicesOfUser, saveExtens } from "../devices/find-devices.ts";
import { readPages } from "../firestore/pages.ts";
import type { Services } from "../services.ts";
import { isUserId } from "../users/user-id.ts";
import { parseUser, userRef } from "../users/user.ts";

/** `lines/{exten}`: the user whose phones an exten rings. */
export interface Line {
  readonly exten: string;
  readonly uid: string;
}

/** The line of an exten, or `undefined` when no user owns it. */
export async function findLine({ db }: Services, exten: string): Promise<Line | undefined> {
  const snapshot = await lineRef(db, exten).get();
  return snapshot.exists ? { exten, uid: ownerOf(snapshot.get("uid")) } : undefined;
}

/** Whether an exten has had the same owner since before a time, by Firestore's clock. */
export async function wasAssignedBefore({ db }: Services, exten: string, time: Timestamp): Promise<boolean> {
  const { updateTime } = await lineRef(db, exten).get();
  return updateTime !== undefined && updateTime.valueOf() < time.valueOf();
}

/** All lines in pages, in the order of the extens. */
export async function* listLines({ db }: Services): AsyncGenerator<readonly Line[], void, undefined> {
  for await (const page of readPages(linesRef(db).orderBy(FieldPath.documentId()))) {
    yield page.map((snapshot) => ({ exten: snapshot.id, uid: ownerOf(snapshot.get("uid")) }));
  }
}

/** The lines of a user. */
export async function listLinesOfUser({ db }: Services, uid: string): Promise<readonly Line[]> {
  const found = await linesRef(db).where("uid", "==", uid).get();
  return found.docs.map(({ id }) => ({ exten: id, uid }));
}

/** Assigns an exten to a user and to all their phones; the former user loses it. */
export async function assignLine(services: Services, line: Line): Promise<Line> {
  await assignLines(services, [line]);
  return line;
}

/** The extens that a user gains and loses. */
interface Move {
  readonly gained: Set<string>;
  readonly lost: Set<string>;
}

/** Assigns extens, each named once, as {@link assignLine} does: all of them, or none if it throws. */
export async function assignLines(services: Services, lines: readonly Line[]): Promise<void> {
  const { db } = services;
  for (const { uid } of lines) requireUsable(uid);
  await db.runTransaction(async (transaction) => {
    const before = await transaction.getAll(...lines.map(({ exten }) => lineRef(db, exten)));
    const moves = new Map<string, Move>();
    const moveOf = (uid: string) => {
      const move = moves.get(uid) ?? { gained: new Set(), lost: new Set() };
      moves.set(uid, move);
      return move;
    };
    for (const [index, { exten, uid }] of lines.entries()) {
      if (before[index]?.exists === true) moveOf(ownerOf(before[index].get("uid"))).lost.add(exten);
      moveOf(uid).gained.add(exten);
    }
    const writes = await Promise.all(
      [...moves].map(async ([uid, { gained, lost }]) => {
        return changeExtens(transaction, services, uid, (extens) => {
          return [...new Set([...extens.filter((exten) => gained.has(exten) || !lost.has(exten)), ...gained])];
        });
      }),
    );
    for (const { exten, uid } of lines) transaction.set(lineRef(db, exten), { uid });
    for (const write of writes) write();
  });
}

/** A custom token may give a user a uid with a slash: it names no document, or one below another user's. */
function requireUsable(uid: string): void {
  if (!isUserId(uid))
    refuseInput([{ path: "uid", message: "the user's uid has a slash, is too long, or is ., .. or __…__" }]);
}

/**
 * Removes an exten from its user and their phones; returns the line as it was, or `undefined` if no user had it. With
 * `owner` it releases only that user's line: since it was looked up, it may have become another's.
 */
export async function releaseLine(services: Services, exten: string, owner?: string): Promise<Line | undefined> {
  const { db } = services;
  return db.runTransaction(async (transaction) => {
    const line = await transaction.get(lineRef(db, exten));
    if (!line.exists) return undefined;
    const uid = ownerOf(line.get("uid"));
    if (owner !== undefined && uid !== owner) return undefined;
    const write = await changeExtens(transaction, services, uid, (extens) => extens.filter((other) => other !== exten));
    transaction.delete(line.ref);
    write();
    return { exten, uid };
  });
}

/** The collection of lines. */
export function linesRef(db: Firestore): CollectionReference {
  return db.collection("lines");
}

function lineRef(db: Firestore, exten: string): DocumentReference {
  return linesRef(db).doc(exten);
}

function ownerOf(uid: unknown): string {
  if (typeof uid !== "string") throw new TypeError("A line without a uid: lines are written by the backend only");
  return uid;
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
    for (const device of devices) saveExtens(transaction, services, device, extens);
  };
}
