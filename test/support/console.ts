import type { AnswerTo, Action, Actions } from "../../functions/src/console/wire.ts";
import { olga, type Person, type TestFunctions } from "./functions.ts";

/** Asks as the console's page does. */
export type Ask = <Do extends Action>(action: Do, input?: Actions[Do]["input"]) => Promise<AnswerTo<Do>>;

/** A way to ask that fails on anything but an answer. */
export function askAs(functions: TestFunctions, person: Person = olga): Ask {
  return async (action, input = {}) => {
    const { status, body, text } = await functions.call("console", person, { do: action, ...input });
    if (status !== 200) throw new Error(`${action} answered ${status} ${text}`);
    return body.result;
  };
}

/** The status and the error of an answer that is none. */
export async function refusalOf(functions: TestFunctions, data: object, person: Person | undefined = olga) {
  const { status, body } = await functions.call("console", person, data);
  const { status: code, message, details } = body.error ?? {};
  return { status, code, message, details };
}
