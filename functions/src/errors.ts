/** One fault of a request: where it is, and what is expected there. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** The caller must change the request before it can succeed. */
export class InvalidRequest extends Error {
  override readonly name = "InvalidRequest";
  readonly code: string;
  readonly issues: readonly Issue[];

  constructor(code: string, message: string, issues: readonly Issue[] = [], options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.issues = issues;
  }
}

/** Maximum number of faults in a message; `issues` has all. */
const maxIssuesInMessage = 3;

/** Throws {@link InvalidRequest}; its message says where each fault is and what is expected there. */
export function refuseInput(issues: readonly Issue[]): never {
  const told = issues.slice(0, maxIssuesInMessage).map(({ path, message }) => `${path || "the body"} ${message}`);
  const more = issues.length > maxIssuesInMessage ? [`${issues.length - maxIssuesInMessage} more in issues`] : [];
  throw new InvalidRequest("invalid_request", [...told, ...more].join("; "), issues);
}

/**
 * The caller must use other credentials: `unauthenticated` if they are invalid, `forbidden` if they do not allow the
 * request.
 */
export class AccessDenied extends Error {
  override readonly name = "AccessDenied";
  readonly code: "unauthenticated" | "forbidden";

  constructor(code: "unauthenticated" | "forbidden", message: string) {
    super(message);
    this.code = code;
  }
}

/** The caller must send fewer requests: the next one after `retryAfterSeconds`. */
export class TooManyRequests extends Error {
  override readonly name = "TooManyRequests";
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The operator must repair the deployment's settings; the message names which one. */
export class Misconfigured extends Error {
  override readonly name = "Misconfigured";
}

/** The caller should retry the same request. */
export class TryAgain extends Error {
  override readonly name = "TryAgain";
}

/** A {@link TryAgain} of a flood: it is counted in one line of the log, not logged by itself. */
export class PutOff extends TryAgain {}
