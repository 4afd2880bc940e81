import { HttpsError } from "firebase-functions/v2/https";
import type { z } from "zod";
import { recordChange, type Ending } from "../audit/audit.ts";
import type { Services } from "../services.ts";
import type { Operator } from "../users/operators.ts";
import type { AnswerTo, Action, Actions } from "./wire.ts";

/** Who asks, and of which services. */
export interface Asked {
  readonly services: Services;
  readonly operator: Operator;
}

/** An action: its input without the `do`, and what it does. */
export interface ActionDefinition<Do extends Action, Schema extends z.ZodType = z.ZodType> {
  readonly input: Schema;
  run(asked: Asked, input: z.output<Schema>): Promise<AnswerTo<Do>>;
}

/** Defines an action: ties its input, as `wire.ts` has it, to what it does. */
export function action<Do extends Action>() {
  return <Schema extends z.ZodType<unknown, Actions[Do]["input"]>>(
    input: Schema,
    run: (asked: Asked, input: z.output<Schema>) => Promise<AnswerTo<Do>>,
  ): ActionDefinition<Do, Schema> => ({ input, run });
}

/** A change as the audit records it: what, as the command for it is called, and to what. Never a key, a registration or an email. */
export interface Change {
  readonly what: string;
  readonly subject: Readonly<Record<string, string>>;
}

/** Makes a change and records it as the operator's. */
export async function makeChange<T>(
  { services, operator }: Asked,
  change: Change,
  work: () => Promise<T>,
  end?: () => Ending,
): Promise<T> {
  return recordChange(services, { who: operator.uid, from: "console", ...change }, work, end);
}

/** The error for something that does not exist. */
export function notFound(message: string): HttpsError {
  return new HttpsError("not-found", message);
}

/** The error for a change that is not possible now. */
export function notPossible(message: string): HttpsError {
  return new HttpsError("failed-precondition", message);
}
