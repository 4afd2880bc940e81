import { z } from "zod";
import { readDeployment } from "../../config.ts";
import { findPbxUrl } from "../../pbx-url.ts";
import { action } from "../action.ts";
import { isoTime } from "../show/time.ts";

/** Who asks, and of which deployment. */
export const session = action<"session">()(z.strictObject({}), async ({ services, operator }) => {
  const { config, clock } = services;
  return {
    ...operator,
    project: config.projectId,
    timeZone: readDeployment().timeZone,
    now: isoTime(clock.now()),
    pbxUrl: findPbxUrl(config),
  };
});
