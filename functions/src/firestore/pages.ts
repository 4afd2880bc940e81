import type { Query, QueryDocumentSnapshot } from "firebase-admin/firestore";

/** What is held in memory at a time. */
const pageSize = 500;

/** What a query finds, a page at a time, each read when the one before it is done with; documents may change meanwhile. */
export async function* readPages(query: Query): AsyncGenerator<readonly QueryDocumentSnapshot[], void, undefined> {
  let page = await query.limit(pageSize).get();
  while (!page.empty) {
    yield page.docs;
    if (page.size < pageSize) return;
    page = await query.startAfter(page.docs.at(-1)).limit(pageSize).get();
  }
}
