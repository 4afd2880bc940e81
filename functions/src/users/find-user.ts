import { hasCode } from "../errors.ts";
import type { Services } from "../services.ts";
import type { KnownUser } from "./find-users.ts";

/** The user who logs in with this email, or `undefined` if there is none. */
export async function findUserByEmail({ auth }: Services, email: string): Promise<KnownUser | undefined> {
  try {
    const { uid, emailVerified } = await auth.getUserByEmail(email);
    return { uid, email, emailVerified };
  } catch (error) {
    if (hasCode(error, "auth/user-not-found")) return undefined;
    throw error;
  }
}
