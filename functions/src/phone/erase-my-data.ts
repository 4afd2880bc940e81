import { z } from "zod";
import { eraseUser } from "../users/erase-user.ts";
import { phoneCallable } from "./callable.ts";

/** Erases everything of the calling user but the account itself; answers how much. */
export const eraseMyData = phoneCallable(z.object({}), async (services, { uid }) => {
  const erased = await eraseUser(services, uid);
  services.log.info("user_erased", { uid, ...erased });
  return { erased };
});
