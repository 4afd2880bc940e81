import type { Firestore } from "firebase-admin/firestore";
import { z } from "zod";
import type { Config } from "../config.ts";
import type { FcmMessage } from "../fcm/message.ts";
import { buildNoticePush } from "../messages/notice-push.ts";
import { buildSilentPush } from "../messages/silent-push.ts";
import type { Services } from "../services.ts";

/** A planned mass push. When it runs is a setting. */
export interface Campaign {
  readonly id: "saveLocation" | "pathDaily";
  /** How long a push of it is worth delivering. */
  readonly ttlSeconds: number;
  readonly content: (texts: Config["texts"]) => Content;
}

/** What a campaign shows, if anything. */
export type Content = (
  | { readonly kind: "silent" }
  | { readonly kind: "notice"; readonly title: string; readonly body: string }
) & {
  /** What the app gets to read besides. */
  readonly data: Readonly<Record<string, string>>;
};

/** Wakes the app to log its position. Apple lets two or three silent pushes an hour through. */
export const saveLocation: Campaign = {
  id: "saveLocation",
  // Less than the half hour to the next one, so that no phone gets two at once.
  ttlSeconds: 25 * 60,
  content: () => ({ kind: "silent", data: {} }),
};

/** Invites people to look at the week's log, which the app then uploads. */
export const pathDaily: Campaign = {
  id: "pathDaily",
  ttlSeconds: 12 * 60 * 60,
  content: ({ pathDailyTitle: title, pathDailyBody: body }) => ({ kind: "notice", title, body, data: {} }),
};

/** Every campaign there is. */
export const campaigns: readonly Campaign[] = [saveLocation, pathDaily];

const overrides = z.object({
  enabled: z.boolean().catch(true),
  title: z.string().min(1).optional().catch(undefined),
  body: z.string().min(1).optional().catch(undefined),
  data: z.record(z.string(), z.string()).optional().catch(undefined),
});

/** What a campaign sends today: its content with what `campaigns/{id}` overrides, `undefined` when that switches it off. */
export async function findContent(
  { db, config }: Pick<Services, "db" | "config">,
  { id, content }: Campaign,
): Promise<Content | undefined> {
  const { enabled, title, body, data } = overrides.parse((await db.collection("campaigns").doc(id).get()).data() ?? {});
  if (!enabled) return undefined;
  const common = { ...content(config.texts), ...(data !== undefined && { data }) };
  if (common.kind === "silent") return common;
  return { ...common, ...(title !== undefined && { title }), ...(body !== undefined && { body }) };
}

/** Switches a campaign on or off from its next run on, and leaves what else `campaigns/{id}` overrides. */
export async function switchCampaign(db: Firestore, { id }: Campaign, enabled: boolean): Promise<void> {
  await db.collection("campaigns").doc(id).set({ enabled }, { merge: true });
}

/** The one message that every device of a campaign gets. */
export function buildCampaignMessage(
  campaign: string,
  content: Content,
  { now, expiresAt }: { readonly now: number; readonly expiresAt: number },
): FcmMessage {
  const ttlSeconds = Math.max(0, Math.floor((expiresAt - now) / 1000));
  const push = { source: { campaign }, data: content.data, now, ttlSeconds };
  return content.kind === "silent" ? buildSilentPush(push) : buildNoticePush({ ...push, ...content });
}
