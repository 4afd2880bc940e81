import { HttpsError } from "firebase-functions/v2/https";
import type { z } from "zod";
import { recordChange, type Ending } from "../audit/audit.ts";
import type { Services } from "../services.ts";
import type { Operator } from "../users/operators.ts";
import type { AnswerTo, Deed, Deeds } from "./wire.ts";

/** Who asks, and of which services. */
export interface Asked {
  readonly services: Services;
  readonly operator: Operator;
}

/** One thing that an operator can ask for: its input without the `do`, and what it does. */
export interface DeedRow<Do extends Deed, Schema extends z.ZodType = z.ZodType> {
  readonly input: Schema;
  run(asked: Asked, input: z.output<Schema>): Promise<AnswerTo<Do>>;
}

/** Ties the input of a deed, as `wire.ts` has it, to what it does. */
export function deed<Do extends Deed>() {
  return <Schema extends z.ZodType<unknown, Deeds[Do]["input"]>>(
    input: Schema,
    run: (asked: Asked, input: z.output<Schema>) => Promise<AnswerTo<Do>>,
  ): DeedRow<Do, Schema> => ({ input, run });
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
