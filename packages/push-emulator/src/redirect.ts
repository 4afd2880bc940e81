/**
 * `node --import push-emulator/redirect app.js` redirects this process's connections to Google's FCM to
 * FCM_EMULATOR_HOST, and those to Apple's APNs to APNS_EMULATOR_HOST.
 */
import { env } from "node:process";

import { redirectApple, redirectGoogle } from "./redirect-hosts.ts";

const google = env["FCM_EMULATOR_HOST"] ?? "";
const apple = env["APNS_EMULATOR_HOST"] ?? "";
if (google === "" && apple === "") {
  throw new Error(
    "push-emulator/redirect needs FCM_EMULATOR_HOST or APNS_EMULATOR_HOST: host:port of an emulator started with --tls",
  );
}
if (google !== "") redirectGoogle(google);
if (apple !== "") redirectApple(apple);
