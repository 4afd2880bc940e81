import http2 from "node:http2";
import { createRequire, syncBuiltinESMExports } from "node:module";
import type * as App from "firebase-admin/app";
import type * as Messaging from "firebase-admin/messaging";
import { readInput, report } from "../children/child.ts";
import { accessToken, measureSending, type SenderInput } from "./sender.ts";

const input = readInput<SenderInput & { readonly call: "sendEach" | "sendEachForMulticast" }>();

// The only change to the Admin SDK: it has no setting for FCM's address.
const { connect } = http2;
const connectToFcm = (_authority: string, options: http2.SecureClientSessionOptions) =>
  connect(input.origin, { ...options, ca: input.ca });
Object.assign(http2, { connect: connectToFcm });
syncBuiltinESMExports();

const requireFromFunctions = createRequire(new URL("../../functions/package.json", import.meta.url));
const { initializeApp }: typeof App = requireFromFunctions("firebase-admin/app");
const { getMessaging }: typeof Messaging = requireFromFunctions("firebase-admin/messaging");
const credential = { getAccessToken: async () => ({ access_token: accessToken, expires_in: 3600 }) };
const messaging = getMessaging(initializeApp({ projectId: "demo", credential }));

/** Maximum number of messages per call of `sendEach` and `sendEachForMulticast`. */
const batchSize = 500;

/** The silent push of a campaign, in the Admin SDK's form. */
const push = {
  data: { type: "silent", campaign: "saveLocation" },
  android: { priority: "normal", ttl: 1_500_000, collapseKey: "saveLocation" },
  apns: {
    headers: { "apns-push-type": "background", "apns-priority": "5", "apns-collapse-id": "saveLocation" },
    payload: { aps: { contentAvailable: true, threadId: "saveLocation" } },
  },
} as const;

const sent = await measureSending(input, async (tokens) => {
  for (let start = 0; start < tokens.length; start += batchSize) {
    const batch = tokens.slice(start, start + batchSize);
    const { failureCount } =
      input.call === "sendEach"
        ? await messaging.sendEach(batch.map((token) => ({ ...push, token })))
        : await messaging.sendEachForMulticast({ ...push, tokens: batch });
    if (failureCount > 0) throw new Error(`${failureCount} of ${batch.length} failed`);
  }
});
report(sent);
