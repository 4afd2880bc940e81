import { FieldPath, type Transaction } from "firebase-admin/firestore";
import type { Services } from "../../services.ts";
import { devicesRef } from "../device.ts";
import { audienceRef, isShard, readEntries } from "./audience.ts";

/** Each has at most one MiB. */
const documentsPerRead = 8;

/** Counts at one point in time. */
export interface AudienceCount {
  readonly devices: number;
  /** Equal to `devices` if there is no drift. */
  readonly entries: number;
  readonly documents: number;
  /** Entries in documents that campaigns do not read. */
  readonly outside: number;
}

/** Counts devices and audience entries, for `shards` shards in total. */
export async function countAudience({ db }: Services, shards: number): Promise<AudienceCount> {
  const count = async (transaction: Transaction) => {
    const devices = (await transaction.get(devicesRef(db).count())).data().count;
    const packed = { entries: 0, documents: 0, outside: 0 };
    const documents = audienceRef(db).orderBy(FieldPath.documentId()).limit(documentsPerRead);
    for (let page = await transaction.get(documents); !page.empty;) {
      for (const document of page.docs) {
        const { size } = readEntries(document);
        packed.documents += 1;
        packed.entries += size;
        if (!isShard(document.id, shards)) packed.outside += size;
      }
      page = await transaction.get(documents.startAfter(page.docs.at(-1)));
    }
    return { devices, ...packed };
  };
  return db.runTransaction(count, { readOnly: true });
}
