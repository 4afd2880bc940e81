/** Counts of one channel since the emulator started. */
export interface Counters {
  /** Sends, whatever their result: calls of FCM's messages:send, requests to APNs. */
  sends: number;
  /** Messages accepted and recorded. */
  accepted: number;
  /** Sends refused because of an error in the request. */
  refused: number;
  /** Dry runs that are in order: FCM checks the message and sends nothing. */
  dryRuns: number;
  /** Sends that a scripted fault has failed: `sends` are those accepted, refused, run dry, failed and under way. */
  failed: number;
  /** Sends affected by a scripted fault, which may be accepted all the same. */
  faulted: number;
}

/** Counts of one channel's ports. */
export interface ConnectionCounters {
  /** Connections accepted. */
  readonly connections: number;
  /** Connections open now. */
  readonly openConnections: number;
}

/** FCM's counters, with those of APNs beside them. */
export type EmulatorCounters = Readonly<Counters> &
  ConnectionCounters & { readonly apns: Readonly<Counters> & ConnectionCounters };

/** Counters that stand at zero. */
export function createCounters(): Counters {
  return { sends: 0, accepted: 0, refused: 0, dryRuns: 0, failed: 0, faulted: 0 };
}
