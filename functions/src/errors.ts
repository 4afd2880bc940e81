/** One thing that is wrong with a request: where, and what would be right. */
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

/** So many faults a message tells; `issues` has all. */
const toldIssues = 3;

/** Throws {@link InvalidRequest} whose message says, for each fault, where it is and what would be right. */
export function refuseInput(issues: readonly Issue[]): never {
  const told = issues.slice(0, toldIssues).map(({ path, message }) => `${path || "the body"} ${message}`);
  const more = issues.length > toldIssues ? [`${issues.length - toldIssues} more in issues`] : [];
  throw new InvalidRequest("invalid_request", [...told, ...more].join("; "), issues);
}

/** The caller must use other credentials: `unauthenticated` when they are no good, `forbidden` when they do not reach this far. */
export class AccessDenied extends Error {
  override readonly name = "AccessDenied";
  readonly code: "unauthenticated" | "forbidden";

  constructor(code: "unauthenticated" | "forbidden", message: string) {
    super(message);
    this.code = code;
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

/** Whether an error carries this code, as Firebase Auth's do. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
