import type { Services } from "../services.ts";
import { findUid } from "../users/find-users.ts";
import { notFound } from "./action.ts";

/** The uid of the user whom a filter names, if it names one; throws `not-found` for an unknown email. */
export async function getUid(services: Pick<Services, "auth">, name: string | undefined): Promise<string | undefined> {
  if (name === undefined) return undefined;
  const uid = await findUid(services, name);
  if (uid === undefined) throw notFound(`There is no user ${name}`);
  return uid;
}
