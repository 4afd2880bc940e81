import type { Route } from "./route.ts";
import { callRoute, endRoute, wakeRoute } from "./routes/calls.ts";
import { eventRoute } from "./routes/events.ts";
import { keyRoute } from "./routes/keys.ts";
import { assignLineRoute, lineRoute, releaseLineRoute } from "./routes/lines.ts";
import { cancelPushRoute, pushRoute, recordPushRoute } from "./routes/pushes.ts";
import { sendBatchRoute, sendRoute } from "./routes/send.ts";

/** All routes that need a key, in the order of the reference. */
export const routes: readonly Route[] = [
  sendRoute,
  sendBatchRoute,
  wakeRoute,
  callRoute,
  endRoute,
  eventRoute,
  recordPushRoute,
  pushRoute,
  cancelPushRoute,
  assignLineRoute,
  lineRoute,
  releaseLineRoute,
  keyRoute,
];
