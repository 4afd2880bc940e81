/** One request to Firestore, as its server saw it; times are of `performance.now()`. */
export interface LoggedRequest {
  readonly rpc: string;
  readonly collections: readonly string[];
  readonly startedAt: number;
  /** Absent until it is answered. */
  answeredAt?: number;
}

/** The number of requests of each RPC. */
export function countByRpc(requests: readonly LoggedRequest[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { rpc } of requests) counts[rpc] = (counts[rpc] ?? 0) + 1;
  return counts;
}

/**
 * The number of round trips to Firestore before `until`: the longest chain of requests in which each was sent after the one
 * before it was answered.
 */
export function countRoundTrips(requests: readonly LoggedRequest[], until = Infinity): number {
  const chains: { readonly answeredAt: number; readonly length: number }[] = [];
  const early = requests.filter(({ answeredAt }) => answeredAt !== undefined && answeredAt <= until);
  for (const { startedAt, answeredAt } of early.toSorted((one, other) => one.startedAt - other.startedAt)) {
    const before = chains.filter((chain) => chain.answeredAt <= startedAt).map(({ length }) => length);
    chains.push({ answeredAt: answeredAt!, length: Math.max(0, ...before) + 1 });
  }
  return Math.max(0, ...chains.map(({ length }) => length));
}
