/** What a dialplan calls one run of it: the call, and a name that no other run has. */
export interface RunName {
  readonly linkedId: string;
  readonly ringId: string;
}

/** A ring as the dialplan posts it. */
export interface Wake extends RunName {
  readonly exten: string;
  readonly callerId: string;
  readonly callerName: string;
  readonly ringSeconds: number;
}

/**
 * The service as a dialplan knows it: forms go in, and one line of text comes back, such as `NOTIFIED 2` or
 * `NAK no_devices`. Never rejects: of a service that cannot be reached the line is `NO ANSWER`, and why.
 */
export interface DialplanApi {
  wake(ring: Wake): Promise<string>;
  /** Held until the run's rings are decided, for 25 seconds at most. */
  awaitDecision(run: RunName, signal: AbortSignal): Promise<string>;
  /** Ends the run's rings, and no other of the call. */
  end(run: RunName, dialstatus: string): Promise<string>;
}

/** Longer than the service takes over any answer. */
const patienceMs = 40_000;
/** The longest the service holds an answer for. */
const waitSeconds = 25;
const maxLineLength = 200;

/** The API at `pbxUrl`; every request is given up when `closing` is aborted. */
export function createDialplanApi(pbxUrl: string, key: string, closing: AbortSignal): DialplanApi {
  const ask = async (path: string, form?: Record<string, string>, signal: AbortSignal = closing): Promise<string> => {
    try {
      const response = await fetch(`${pbxUrl}${path}`, {
        headers: { authorization: `Bearer ${key}` },
        signal: AbortSignal.any([signal, closing, AbortSignal.timeout(patienceMs)]),
        ...(form !== undefined && { method: "POST", body: new URLSearchParams(form) }),
      });
      return firstLine(await response.text()) || `HTTP ${response.status}`;
    } catch (error) {
      return `NO ANSWER ${explain(error)}`;
    }
  };
  return {
    wake: ({ linkedId, ringId, exten, callerId, callerName, ringSeconds }) =>
      ask("/calls?format=text", {
        call_id: linkedId,
        ring_id: ringId,
        exten,
        caller_id: callerId,
        caller_name: callerName,
        ring_seconds: String(ringSeconds),
      }),
    awaitDecision: ({ linkedId, ringId }, signal) =>
      ask(`/calls/${linkedId}?format=text&ring_id=${ringId}&wait_seconds=${waitSeconds}`, undefined, signal),
    end: ({ linkedId, ringId }, dialstatus) =>
      ask(`/calls/${linkedId}/end?format=text`, { ring_id: ringId, dialstatus }),
  };
}

/** The service answers in one line; another server that answers in its place may write a page. */
function firstLine(text: string): string {
  return (text.trim().split("\n", 1)[0] ?? "").slice(0, maxLineLength);
}

/** `fetch` only says that it failed; what went wrong is in its cause. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message || error.name : explain(error.cause);
}
