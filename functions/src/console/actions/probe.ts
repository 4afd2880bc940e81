import { z } from "zod";
import { readProbe } from "../../probe/probe-results.ts";
import { action } from "../action.ts";
import { isoTime } from "../show/time.ts";

/** The probe's last results: one read. */
export const probe = action<"probe">()(z.strictObject({}), async ({ services }) => {
  const { history = [] } = (await readProbe(services)) ?? {};
  return {
    isOff: services.config.probe === "off",
    results: history.map(({ at, ...result }) => ({ at: isoTime(at.toMillis()), ...result })),
  };
});
