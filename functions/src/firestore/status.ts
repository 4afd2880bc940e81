/** gRPC status codes that Firestore's client rejects with: https://grpc.io/docs/guides/status-codes/ */
const codes = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  INTERNAL: 13,
  UNAVAILABLE: 14,
} as const;

/** The name of a gRPC status. */
export type Status = keyof typeof codes;

/**
 * Whether an error of Firestore is transient: it was busy, failed or unreachable, and a retry may succeed. INTERNAL and
 * UNKNOWN count, because a connection that breaks during an answer gives them.
 */
export function isTransient(error: unknown): boolean {
  const isBusy = hasStatus(error, "ABORTED", "CANCELLED", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "UNAVAILABLE");
  return isBusy || hasStatus(error, "INTERNAL", "UNKNOWN");
}

/** The status that an error of Firestore's has; `undefined` for other errors. */
export function nameStatus(error: unknown): string | undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  return Object.entries(codes).find(([, known]) => known === code)?.[0];
}

/** Whether an error is Firestore's, or another Google client's, with one of these statuses. */
export function hasStatus(error: unknown, ...statuses: readonly Status[]): boolean {
  return error instanceof Error && "code" in error && statuses.some((status) => error.code === codes[status]);
}
