/** Ids of one run of the dialplan: the call, and a unique ring id. */
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
 * The service's API for dialplans: requests are forms, answers one line of text, such as `NOTIFIED 2` or
 * `NAK no_devices`. Never rejects: if the service cannot be reached, the line is `NO ANSWER` and the reason.
 */
export interface DialplanApi {
  wake(ring: Wake): Promise<string>;
  /** Waits until the run's rings are decided, for 25 seconds at most. */
  awaitDecision(run: RunName, signal: AbortSignal): Promise<string>;
  /** Ends the run's rings, but no other rings of the call. */
  end(run: RunName, dialstatus: string): Promise<string>;
}

/** Longer than the service takes for any answer. */
const timeoutMs = 40_000;
/** The service's longest wait. */
const waitSeconds = 25;
const maxLineLength = 200;

/** The API at `pbxUrl`; every request is aborted with `closing`. */
export function createDialplanApi(pbxUrl: string, key: string, closing: AbortSignal): DialplanApi {
  const ask = async (path: string, form?: Record<string, string>, signal: AbortSignal = closing): Promise<string> => {
    try {
      const response = await fetch(`${pbxUrl}${path}`, {
        headers: { authorization: `Bearer ${key}` },
        signal: AbortSignal.any([signal, closing, AbortSignal.timeout(timeoutMs)]),
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

/** The service answers in one line; another server at this address may answer with a page. */
function firstLine(text: string): string {
  return (text.trim().split("\n", 1)[0] ?? "").slice(0, maxLineLength);
}

/** The reason of a failed `fetch` is in the error's cause. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message || error.name : explain(error.cause);
}
