/**
 * `node --import push-emulator/redirect app.js`: this process's connections to Google's FCM go to FCM_EMULATOR_HOST.
 */
import { env } from "node:process";

import { redirectGoogle } from "./redirect-google.ts";

const address = env["FCM_EMULATOR_HOST"];
if (address === undefined || address === "") {
  throw new Error(
    "push-emulator/redirect wants FCM_EMULATOR_HOST=host:port of an emulator that was started with --tls",
  );
}
redirectGoogle(address);
