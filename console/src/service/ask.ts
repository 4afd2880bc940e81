import type {
  AnswerTo,
  ConsoleErrorCode,
  ConsoleErrorDetails,
  Action,
  Actions,
} from "../../../functions/src/console/wire.ts";

/** Asks the service for something, as the operator; throws {@link AskError}. */
export type Ask = <Do extends Action>(action: Do, input: Actions[Do]["input"]) => Promise<AnswerTo<Do>>;

/** The service refused, or did not answer: then the code is `no-answer`. */
export class AskError extends Error {
  readonly code: ConsoleErrorCode | "no-answer";
  readonly issues: NonNullable<ConsoleErrorDetails["issues"]>;

  constructor(code: AskError["code"], message: string, issues: AskError["issues"] = []) {
    super(message);
    this.code = code;
    this.issues = issues;
  }
}

/** A request that takes longer has failed: a cold start and a slow query take some seconds. */
const timeoutMs = 40_000;

/** Builds the way to ask the callable at `url`. */
export function askAt(url: string, getIdToken: () => Promise<string | undefined>): Ask {
  return async (action, input) => {
    const response = await post(url, { do: action, ...input }, await getIdToken());
    const answer: unknown = await response.json().catch(() => undefined);
    if (!response.ok) throw readError(response.status, readField(answer, "error"));
    const result = readField(answer, "result");
    // A proxy's page, or an answer that was cut.
    if (result === undefined) throw new AskError("no-answer", "The answer has no result");
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wire.ts is what the service answers
    return result as AnswerTo<typeof action>;
  };
}

async function post(url: string, data: object, idToken: string | undefined): Promise<Response> {
  const headers = new Headers({ "content-type": "application/json" });
  if (idToken !== undefined) headers.set("authorization", `Bearer ${idToken}`);
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return await fetch(url, { method: "POST", headers, body: JSON.stringify({ data }), signal });
  } catch (error) {
    throw new AskError("no-answer", error instanceof Error ? error.message : String(error));
  }
}

/** A callable's error: https://firebase.google.com/docs/functions/callable-reference#response_body */
function readError(status: number, error: unknown): AskError {
  const code = readText(error, "status")?.toLowerCase().replaceAll("_", "-");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wire.ts is what the service answers
  const details = readField(error, "details") as ConsoleErrorDetails | undefined;
  const message = readText(error, "message") ?? `HTTP ${status}`;
  return new AskError(codes.find((one) => one === code) ?? "internal", message, details?.issues);
}

const codes: readonly ConsoleErrorCode[] = [
  "unauthenticated",
  "permission-denied",
  "invalid-argument",
  "not-found",
  "failed-precondition",
  "resource-exhausted",
  "unavailable",
  "internal",
];

function readText(value: unknown, name: string): string | undefined {
  const text = readField(value, name);
  return typeof text === "string" ? text : undefined;
}

function readField(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? new Map(Object.entries(value)).get(name) : undefined;
}
