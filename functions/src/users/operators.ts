import type { UserRecord } from "firebase-admin/auth";
import type { Services } from "../services.ts";

/** The custom claim of those who may use the console. */
const claim = "operator";

/** Who may use the console. */
export interface Operator {
  readonly uid: string;
  readonly email?: string;
}

/** Whether an ID token says that its user is an operator. Whether they still are, {@link judgeOperator} says. */
export function claimsOperator(token: Readonly<Record<string, unknown>>): boolean {
  return token[claim] === true;
}

/** Why a login is no operator's any more: the login was revoked, or the user is none. */
export type NoOperator = "revoked" | "no_operator";

/**
 * Asks Firebase Auth whether a user is an operator now: an ID token lives for an hour, longer than the right that it tells
 * of. `loginTime`, in seconds since the epoch, is that of the login.
 */
export async function judgeOperator(
  { auth }: Pick<Services, "auth">,
  uid: string,
  loginTime: number,
): Promise<Operator | NoOperator> {
  const [user] = (await auth.getUsers([{ uid }])).users;
  if (user === undefined || user.disabled || !isOperator(user)) return "no_operator";
  const revokedAt = Date.parse(user.tokensValidAfterTime ?? "");
  return loginTime * 1000 < revokedAt ? "revoked" : describe(user);
}

/** Makes a user an operator, from their next ID token on; other claims stay. */
export async function makeOperator({ auth }: Pick<Services, "auth">, uid: string): Promise<void> {
  const { customClaims } = await auth.getUser(uid);
  await auth.setCustomUserClaims(uid, { ...customClaims, [claim]: true });
}

/** Takes the right from a user at once, and ends their logins; returns whether they had it. */
export async function dismissOperator({ auth }: Pick<Services, "auth">, uid: string): Promise<boolean> {
  const user = await auth.getUser(uid);
  const { [claim]: _, ...others } = user.customClaims ?? {};
  await auth.setCustomUserClaims(uid, others);
  await auth.revokeRefreshTokens(uid);
  return isOperator(user);
}

/** Firebase Auth's limit for one page. */
const usersPerPage = 1000;

/** All operators. Firebase Auth cannot search by a claim: this reads every user, a thousand at once. */
export async function listOperators({ auth }: Pick<Services, "auth">): Promise<readonly Operator[]> {
  const found: Operator[] = [];
  let next: string | undefined;
  do {
    const { users, pageToken } = await auth.listUsers(usersPerPage, next);
    found.push(...users.filter(isOperator).map(describe));
    next = pageToken;
  } while (next !== undefined);
  return found;
}

function isOperator({ customClaims }: UserRecord): boolean {
  return claimsOperator(customClaims ?? {});
}

function describe({ uid, email }: UserRecord): Operator {
  return { uid, ...(email !== undefined && { email }) };
}
