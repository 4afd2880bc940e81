import type { UserIdentifier, UserRecord } from "firebase-admin/auth";
import type { Services } from "../services.ts";
import { isAuthUid } from "./user-id.ts";

/** A user of Firebase Auth. */
export interface KnownUser {
  readonly uid: string;
  readonly email?: string;
  /** Whether the user has shown that the email is theirs. */
  readonly emailVerified: boolean;
  readonly isDisabled: boolean;
}

/** Firebase Auth's limit for one lookup. */
export const usersPerLookup = 100;

/** Whether a name is an email: it has an `@`. Anything else is a uid. */
export function isEmail(name: string): boolean {
  return name.includes("@");
}

/**
 * Whether a user was named by an email that is not verified: anybody can sign up with another person's email, and must not
 * get that person's calls.
 */
export function isUnverified(name: string, { emailVerified }: KnownUser): boolean {
  return isEmail(name) && !emailVerified;
}

/**
 * Finds users in Firebase Auth by uid: a custom token may give a user a uid with an `@`. One that Firebase Auth cannot have
 * is nobody's.
 */
export async function findUsersByUid(
  { auth }: Pick<Services, "auth">,
  uids: readonly string[],
): Promise<ReadonlyMap<string, KnownUser>> {
  const wanted = uids.filter(isAuthUid);
  const found = new Map<string, KnownUser>();
  for (let start = 0; start < wanted.length; start += usersPerLookup) {
    const group = wanted.slice(start, start + usersPerLookup);
    const { users } = await auth.getUsers(group.map((uid) => ({ uid })));
    for (const user of users) found.set(user.uid, readUser(user));
  }
  return found;
}

/**
 * Finds users in Firebase Auth; the keys of the result are the names (emails or uids) that were given. A name that Firebase Auth
 * cannot have is nobody's.
 */
export async function findUsers(
  { auth }: Pick<Services, "auth">,
  names: Iterable<string>,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<ReadonlyMap<string, KnownUser>> {
  const wanted = [...new Set(names)];
  const found = new Map<string, KnownUser>();
  for (let start = 0; start < wanted.length; start += usersPerLookup) {
    const group = wanted.slice(start, start + usersPerLookup);
    const { users } = await auth.getUsers(group.filter(canBeAsked).map(identify));
    const known = new Map<string, KnownUser>();
    for (const user of users.map(readUser)) {
      known.set(user.uid, user);
      if (user.email !== undefined) known.set(user.email.toLowerCase(), user);
    }
    for (const name of group) {
      const user = known.get(isEmail(name) ? name.toLowerCase() : name);
      if (user !== undefined) found.set(name, user);
    }
    onProgress(Math.min(start + usersPerLookup, wanted.length), wanted.length);
  }
  return found;
}

function readUser({ uid, email, emailVerified, disabled }: UserRecord): KnownUser {
  return { uid, emailVerified, isDisabled: disabled, ...(email !== undefined && { email }) };
}

/** The Admin SDK throws on a name that Firebase Auth cannot have. */
function canBeAsked(name: string): boolean {
  return isEmail(name) ? /^[^@]+@[^@]+$/.test(name) : isAuthUid(name);
}

function identify(name: string): UserIdentifier {
  return isEmail(name) ? { email: name.toLowerCase() } : { uid: name };
}

/** The uid of a user who is named by uid or email; `undefined` if no user has the email. A uid is not looked up. */
export async function findUid(services: Pick<Services, "auth">, name: string): Promise<string | undefined> {
  return isEmail(name) ? (await findUsers(services, [name])).get(name)?.uid : name;
}
