import { z } from "zod";

/** One of Apple's reasons for refusing a push; any other text must not get into a log or a database. */
export const apnsReason = z.string().regex(/^[A-Za-z]{1,64}$/);
