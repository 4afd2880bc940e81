import { bulkBudget } from "../../functions/src/fcm/budget.ts";
import { createFcmClient } from "../../functions/src/fcm/client.ts";
import { buildSilentPush } from "../../functions/src/fcm/push-classes.ts";
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
  const letters = tokens.map((value) => ({ target: { kind: "token", value } as const, message }));
  for await (const { outcome } of fcm.sendEach(letters, bulkBudget({ expiresAt: now + hourMs }))) {
    if (outcome.status !== "accepted") throw new Error(outcome.code);
  }
});
report(sent);
