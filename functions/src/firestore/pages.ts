import type { Query, QueryDocumentSnapshot } from "firebase-admin/firestore";

/** Documents held in memory at a time, unless fewer are wanted. */
const usualSize = 500;

/**
 * The results of a query in pages. Each page is read after the one before it is processed; documents may change
 * meanwhile.
 */
export async function* readPages(
  query: Query,
  pageSize = usualSize,
): AsyncGenerator<readonly QueryDocumentSnapshot[], void, undefined> {
  let page = await query.limit(pageSize).get();
  while (!page.empty) {
    yield page.docs;
    if (page.size < pageSize) return;
    page = await query.startAfter(page.docs.at(-1)).limit(pageSize).get();
  }
}
