import { hasCode } from "../errors.ts";
import type { Services } from "../services.ts";

/** The uid of the user who logs in with this email, or `undefined` if there is none. */
export async function findUidByEmail({ auth }: Services, email: string): Promise<string | undefined> {
  try {
    return (await auth.getUserByEmail(email)).uid;
  } catch (error) {
    if (hasCode(error, "auth/user-not-found")) return undefined;
    throw error;
  }
}
