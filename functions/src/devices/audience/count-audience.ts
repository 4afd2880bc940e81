import { FieldPath, type Transaction } from "firebase-admin/firestore";
import type { Services } from "../../services.ts";
import { audienceRef, readEntries } from "./audience.ts";
import { devicesRef } from "../device.ts";
import { isShard } from "./walk-audience.ts";

/** Each has at most one MiB. */
const documentsPerRead = 8;

/** How many there are of everything, at one moment. */
export interface AudienceCount {
  readonly devices: number;
  /** As many as there are devices, when all is well. */
  readonly entries: number;
  readonly documents: number;
  /** Entries in documents that campaigns do not look at. */
  readonly outside: number;
}

/** Counts devices and what is packed of them, where there are to be so many shards. */
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
