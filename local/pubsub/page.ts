import { invalidArgument } from "./rpc-error.ts";

const defaultPageSize = 100;
const maxPageSize = 1000;

/** One page of a list of names. */
export interface Page {
  names: string[];
  /** Empty on the last page. */
  nextPageToken: string;
}

/** Cuts one page out of a list of names; the token is the last name of the page before, so a page stays right while names come and go. */
export function pageOf(
  names: Iterable<string>,
  request: { pageSize?: number | null; pageToken?: string | null },
): Page {
  const size = request.pageSize ?? 0;
  if (size < 0) throw invalidArgument(`page_size must not be negative (page_size=${size})`);
  const limit = Math.min(size === 0 ? defaultPageSize : size, maxPageSize);
  const after = request.pageToken ?? "";
  const rest = [...names].filter((name) => name > after).toSorted();
  const page = rest.slice(0, limit);
  return { names: page, nextPageToken: rest.length > limit ? (page.at(-1) ?? "") : "" };
}
