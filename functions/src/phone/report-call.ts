import { reportCall as report } from "../rings/report-call.ts";
import { params } from "../config.ts";
import { phoneCallable } from "./callable.ts";
import { reportCallInput } from "./schemas.ts";

/** A phone's receipt for a call; answers `{callId, status, ringing, reason?}`, so that a phone woken too late stays silent. */
export const reportCall = phoneCallable(
  reportCallInput,
  (services, { uid, input }) => report(services, { ...input, uid }),
  { minInstances: params.callMinInstances },
);
