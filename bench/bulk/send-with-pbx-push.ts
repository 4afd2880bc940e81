import { bulkBudget } from "../../functions/src/fcm/bulk-budget.ts";
import { createFcmClient } from "../../functions/src/fcm/client.ts";
import type { FcmMessage } from "../../functions/src/fcm/message.ts";
import { buildSilentPush } from "../../functions/src/messages/silent-push.ts";
import { readInput, report } from "../children/child.ts";
import { accessToken, measureSending, type SenderInput } from "./sender.ts";

const input = readInput<SenderInput>();
const { origin, ca } = input;
const hourMs = 3_600_000;
const fcm = createFcmClient({
  projectId: "demo",
  origin,
  ca,
  fetchToken: async () => ({ value: accessToken, expiresAt: Date.now() + hourMs }),
});

const sent = await measureSending(input, async (tokens) => {
  const now = Date.now();
  const message = buildSilentPush({ source: { campaign: "saveLocation" }, data: {}, now, ttlSeconds: 1500 });
  for await (const { outcome } of fcm.sendEach(address(tokens, message), bulkBudget({ expiresAt: now + hourMs }))) {
    if (outcome.status !== "accepted") throw new Error(outcome.code);
  }
});
report(sent);

/** Like a campaign's worker, creates each message only when it is sent. */
function* address(tokens: readonly string[], message: FcmMessage) {
  for (const value of tokens) yield { target: { kind: "token", value } as const, message };
}
