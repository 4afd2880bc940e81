import type { Query } from "firebase-admin/firestore";
import { eraseDevices } from "../devices/erase-devices.ts";
import { TryAgain } from "../errors.ts";
import { readPages } from "../firestore/pages.ts";
import { linesRef } from "../lines/lines.ts";
import { pushesRef } from "../pushes/push.ts";
import { ringsRef } from "../rings/ring.ts";
import type { Services } from "../services.ts";
import { eraseLines, eraseUnsettled } from "./erase-lines.ts";
import { userRef } from "./user.ts";

/** How much of a user was erased. */
export interface Erased {
  readonly lines: number;
  readonly devices: number;
  readonly rings: number;
  readonly pushes: number;
}

/** Options of an erasure. */
export interface EraseOptions {
  /** Count only, and change nothing. */
  readonly isDryRun?: boolean;
  /** Called after each page with the number of documents so far. */
  readonly onProgress?: (done: number) => void;
}

/** A PBX may assign a line while its user is erased: a further pass finds it. */
const maxPasses = 5;

/**
 * Erases everything of a user but the account in Firebase Auth: lines, devices with their registrations, the history of
 * rings, pushes to the user, and settings. After an interruption, the next call does the rest: devices and settings, by
 * which the nightly job finds a user, go last. A phone that is ringing stops by itself when its ring time is over. Throws
 * {@link TryAgain} if the user keeps getting lines.
 */
export async function eraseUser(
  services: Services,
  uid: string,
  { isDryRun = false, onProgress = () => undefined }: EraseOptions = {},
): Promise<Erased> {
  let done = 0;
  const note = (count: number) => {
    done += count;
    onProgress(done);
    return count;
  };
  let erased: Erased = { lines: 0, devices: 0, rings: 0, pushes: 0 };
  for (let passes = 0; passes < maxPasses; passes += 1) {
    const { lines, devices, rings, pushes } = await eraseOnce(services, uid, { isDryRun, note });
    erased = {
      lines: erased.lines + lines,
      devices: erased.devices + devices,
      rings: erased.rings + rings,
      pushes: erased.pushes + pushes,
    };
    if (isDryRun || (await deleteSettings(services, uid))) return erased;
  }
  throw new TryAgain("The user gets lines while being erased; retry the same request");
}

/** One pass, without the settings. */
async function eraseOnce(
  services: Services,
  uid: string,
  { isDryRun, note }: { readonly isDryRun: boolean; readonly note: (count: number) => number },
): Promise<Erased> {
  const { db } = services;
  // Without lines, no new ring is the user's.
  const extens = await eraseLines(services, uid, isDryRun);
  const lines = note(extens.length);
  const unsettled = isDryRun ? 0 : note(await eraseUnsettled(services, extens));
  const rings = unsettled + (await eraseResults(ringsRef(db).where("uid", "==", uid), isDryRun, note));
  const pushes = await eraseResults(pushesRef(db).where("target.uid", "==", uid), isDryRun, note);
  const devices = note(await eraseDevices(services, uid, isDryRun));
  return { lines, devices, rings, pushes };
}

/** Deletes a user's document, which has the extens of their lines; false if a line names the user again. */
async function deleteSettings({ db }: Services, uid: string): Promise<boolean> {
  return db.runTransaction(async (transaction) => {
    // Assigning a line writes this document, too, so one of the two transactions comes first.
    const [user, lines] = await Promise.all([
      transaction.get(userRef(db, uid)),
      transaction.get(linesRef(db).where("uid", "==", uid).limit(1)),
    ]);
    if (lines.empty) transaction.delete(user.ref);
    return lines.empty;
  });
}

async function eraseResults(query: Query, isDryRun: boolean, note: (count: number) => number): Promise<number> {
  let count = 0;
  for await (const page of readPages(query)) {
    if (!isDryRun) {
      const batch = query.firestore.batch();
      for (const { ref } of page) batch.delete(ref);
      await batch.commit();
    }
    count += note(page.length);
  }
  return count;
}
