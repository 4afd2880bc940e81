import { HttpsError, type CallableRequest } from "firebase-functions/v2/https";
import { requireLogin } from "../callable/login.ts";
import { TooManyRequests } from "../errors.ts";
import { Allowance, type Rate } from "../keys/allowance.ts";
import type { Services } from "../services.ts";
import { claimsOperator, judgeOperator, type Operator } from "../users/operators.ts";

/** More than a page asks for, and less than costs anything. */
const rate: Rate = { perSecond: 5, burst: 50 };

/** What each operator may still ask of this instance. Only users with the claim come in: there are few. */
const allowances = new Map<string, Allowance>();

/**
 * The operator who asks. The claim in the ID token comes first, so that a stranger costs nothing; then Firebase Auth, with
 * each request, because a token outlives the right.
 */
export async function requireOperator(services: Services, request: CallableRequest): Promise<Operator> {
  const { uid, token } = requireLogin(services.config, request);
  if (!claimsOperator(token)) throw stranger();
  countRequest(uid, services.clock.now());
  const operator = await judgeOperator(services, uid, token.auth_time);
  if (operator === "no_operator") throw stranger();
  if (operator === "revoked") throw new HttpsError("unauthenticated", "The login has ended; log in again");
  return operator;
}

function stranger(): HttpsError {
  return new HttpsError("permission-denied", "Only for operators");
}

function countRequest(uid: string, now: number): void {
  const allowance = allowances.get(uid) ?? new Allowance();
  allowances.set(uid, allowance);
  const waitSeconds = allowance.take(now, rate);
  if (waitSeconds > 0) throw new TooManyRequests("Too many requests; ask more slowly", waitSeconds);
}
