import type { DocumentReference, Firestore, Timestamp } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import type { ProbeStep } from "./judge-probe.ts";

/** How one probe ended. */
export interface ProbeResult {
  /** When it began. */
  readonly at: Timestamp;
  readonly isOk: boolean;
  readonly steps: readonly ProbeStep[];
  /** The ring, if it was kept because the probe failed: `ops calls why` explains it. */
  readonly callId?: string;
}

/** `probe/latest`: the last result, and those of the last days. */
export interface ProbeDocument extends ProbeResult {
  /** Newest first, with the last one. */
  readonly history: readonly ProbeResult[];
}

/** Two days. */
const maxHistory = 48;

function latestRef(db: Firestore): DocumentReference {
  return db.collection("probe").doc("latest");
}

/** The last results; `undefined` before the first probe. */
export async function readProbe({ db }: Pick<Services, "db">): Promise<ProbeDocument | undefined> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this folder only
  return (await latestRef(db).get()).data() as ProbeDocument | undefined;
}

/** Records a result. One that began before the last is put in its place in the history. */
export async function recordProbe({ db }: Pick<Services, "db">, result: ProbeResult): Promise<void> {
  const ref = latestRef(db);
  await db.runTransaction(async (transaction) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this folder only
    const before = (await transaction.get(ref)).data() as ProbeDocument | undefined;
    const all = [result, ...(before?.history ?? [])].toSorted((one, other) => other.at.toMillis() - one.at.toMillis());
    const history = all.slice(0, maxHistory);
    transaction.set(ref, { ...history[0], history });
  });
}
