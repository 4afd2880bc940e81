import type { Firestore } from "firebase-admin/firestore";
import { z } from "zod";
import type { Config } from "../config.ts";
import type { FcmMessage } from "../fcm/message.ts";
import { buildNoticePush } from "../messages/notice-push.ts";
import { buildSilentPush } from "../messages/silent-push.ts";
import { explainIssue } from "../parse-input.ts";
import type { Services } from "../services.ts";

/** A planned mass push. When it runs is a setting. */
export interface Campaign {
  readonly id: "saveLocation" | "pathDaily";
  /** TTL of its pushes. */
  readonly ttlSeconds: number;
  readonly content: (texts: Config["texts"]) => Content;
}

const data = z.record(z.string(), z.string());

/** The schema of {@link Content}, by which a worker reads it. */
export const contentSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("silent"), data }),
  z.object({ kind: z.literal("notice"), title: z.string(), body: z.string(), data }),
]);

/** What a campaign shows, if anything; `data` is for the app. */
export type Content = Readonly<z.infer<typeof contentSchema>>;

/** Wakes the app to log its position. Apple lets two or three silent pushes an hour through. */
export const saveLocation: Campaign = {
  id: "saveLocation",
  // Shorter than the half hour between runs, so that no phone gets two at once.
  ttlSeconds: 25 * 60,
  content: () => ({ kind: "silent", data: {} }),
};

/** Invites people to look at the week's log, which the app then uploads. */
export const pathDaily: Campaign = {
  id: "pathDaily",
  ttlSeconds: 12 * 60 * 60,
  content: ({ pathDailyTitle: title, pathDailyBody: body }) => ({ kind: "notice", title, body, data: {} }),
};

/** All campaigns. */
export const campaigns: readonly Campaign[] = [saveLocation, pathDaily];

/** Whether there is a campaign with this id. */
export function isCampaign(id: string): boolean {
  return campaigns.some((campaign) => campaign.id === id);
}

// A misspelt or wrong field is a fault: ignored, it would send to everybody what an operator meant to stop or to change.
const overrides = z.strictObject({
  enabled: z.boolean().default(true),
  title: z.string().min(1).optional(),
  body: z.string().min(1).optional(),
  data: data.optional(),
});

/**
 * The content of a campaign with the overrides of `campaigns/{id}`; `undefined` if they disable the campaign, or if they are
 * wrong, which is logged as an error.
 */
export async function findContent(
  { db, config, log }: Pick<Services, "db" | "config" | "log">,
  { id, content }: Campaign,
): Promise<Content | undefined> {
  const document = (await db.collection("campaigns").doc(id).get()).data() ?? {};
  const parsed = overrides.safeParse(document, { error: explainIssue });
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`.trim());
    log.error("campaign_override_invalid", { campaign: id, faults });
    return undefined;
  }
  const { enabled, title, body, ...changes } = parsed.data;
  if (!enabled) {
    log.info("campaign_disabled", { campaign: id });
    return undefined;
  }
  const common = { ...content(config.texts), ...(changes.data !== undefined && { data: changes.data }) };
  if (common.kind === "silent") return common;
  return { ...common, ...(title !== undefined && { title }), ...(body !== undefined && { body }) };
}

/** Enables or disables a campaign from its next run on; keeps the other overrides in `campaigns/{id}`. */
export async function switchCampaign(db: Firestore, { id }: Campaign, enabled: boolean): Promise<void> {
  await db.collection("campaigns").doc(id).set({ enabled }, { merge: true });
}

/** The message of a campaign, the same for every device; times in milliseconds since the epoch. */
export function buildCampaignMessage(
  campaign: string,
  content: Content,
  { now, expiresAt }: { readonly now: number; readonly expiresAt: number },
): FcmMessage {
  const ttlSeconds = Math.max(0, Math.floor((expiresAt - now) / 1000));
  const push = { source: { campaign }, data: content.data, now, ttlSeconds };
  return content.kind === "silent" ? buildSilentPush(push) : buildNoticePush({ ...push, ...content });
}
