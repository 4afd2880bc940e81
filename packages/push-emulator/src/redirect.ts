/**
 * `node --import push-emulator/redirect app.js` redirects this process's connections to Google's FCM to
 * FCM_EMULATOR_HOST.
 */
import { env } from "node:process";

import { redirectGoogle } from "./redirect-google.ts";

const address = env["FCM_EMULATOR_HOST"];
if (address === undefined || address === "") {
  throw new Error("push-emulator/redirect needs FCM_EMULATOR_HOST=host:port of an emulator started with --tls");
}
redirectGoogle(address);
