import type { Firestore } from "firebase-admin/firestore";
import { z } from "zod";
import type { FcmMessage } from "../fcm/message.ts";
import { buildNoticePush } from "../messages/notice-push.ts";
import { buildSilentPush } from "../messages/silent-push.ts";
import { ownEntry } from "../own-entry.ts";
import { explainIssue } from "../parse-input.ts";
import type { Services } from "../services.ts";
import { languageTag, listLanguages, textsIn, type PhoneTexts } from "../texts.ts";

/** A planned mass push. When it runs is a setting. */
export interface Campaign {
  readonly id: "saveLocation" | "pathDaily";
  /** TTL of its pushes. */
  readonly ttlSeconds: number;
  /** The texts that it shows; a silent one has none. */
  readonly shows?: (texts: PhoneTexts) => Notice;
}

const data = z.record(z.string(), z.string());

const notice = z.object({ title: z.string(), body: z.string() });

/** The texts of a notice in one language. */
type Notice = Readonly<z.infer<typeof notice>>;

/** The schema of {@link Content}, by which a worker reads it. */
export const contentSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("silent"), data }),
  notice.extend({ kind: z.literal("notice"), data, inOther: z.record(z.string(), notice).default({}) }),
]);

/**
 * What a campaign shows, if anything: in the default language, and `inOther` languages. `data` is for the app.
 */
export type Content = Readonly<z.infer<typeof contentSchema>>;

/** Wakes the app to log its position. Apple lets two or three silent pushes an hour through. */
export const saveLocation: Campaign = {
  id: "saveLocation",
  // Shorter than the half hour between runs, so that no phone gets two at once.
  ttlSeconds: 25 * 60,
};

/** Invites people to look at the week's log, which the app then uploads. */
export const pathDaily: Campaign = {
  id: "pathDaily",
  ttlSeconds: 12 * 60 * 60,
  shows: ({ pathDailyTitle: title, pathDailyBody: body }) => ({ title, body }),
};

/** All campaigns. */
export const campaigns: readonly Campaign[] = [saveLocation, pathDaily];

/** Whether there is a campaign with this id. */
export function isCampaign(id: string): boolean {
  return campaigns.some((campaign) => campaign.id === id);
}

// A misspelt or wrong field is a fault: ignored, it would send to everybody what an operator meant to stop or to change.
const override = z.strictObject({ title: z.string().min(1).exactOptional(), body: z.string().min(1).exactOptional() });
const overrides = override.extend({
  enabled: z.boolean().default(true),
  data: data.default({}),
  texts: z.record(z.string().regex(languageTag, "must be a language such as en or pt-br"), override).default({}),
});

/** The overrides of `campaigns/{id}`, or what is wrong with them. */
async function readOverrides(
  { db }: Pick<Services, "db">,
  { id }: Campaign,
): Promise<{ readonly found: z.output<typeof overrides> } | { readonly faults: readonly string[] }> {
  const document = (await db.collection("campaigns").doc(id).get()).data() ?? {};
  const parsed = overrides.safeParse(document, { error: explainIssue });
  if (parsed.success) return { found: parsed.data };
  return { faults: parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`.trim()) };
}

/** Whether the overrides of a campaign let it run; with the faults that keep it from running although nobody switched it off. */
export async function findSwitch(
  services: Pick<Services, "db">,
  campaign: Campaign,
): Promise<{ readonly isEnabled: boolean; readonly faults: readonly string[] }> {
  const read = await readOverrides(services, campaign);
  return "faults" in read ? { isEnabled: false, ...read } : { isEnabled: read.found.enabled, faults: [] };
}

/**
 * The content of a campaign with the overrides of `campaigns/{id}`; `undefined` if they disable the campaign, or if they are
 * wrong, which is logged as an error.
 */
export async function findContent(
  { db, config, log }: Pick<Services, "db" | "config" | "log">,
  campaign: Campaign,
): Promise<Content | undefined> {
  const { id, shows } = campaign;
  const read = await readOverrides({ db }, campaign);
  if ("faults" in read) {
    log.error("campaign_override_invalid", { campaign: id, faults: read.faults });
    return undefined;
  }
  const { enabled, data: extra, texts: changes, ...forAll } = read.found;
  if (!enabled) {
    log.info("campaign_disabled", { campaign: id });
    return undefined;
  }
  if (shows === undefined) return { kind: "silent", data: extra };
  // A text for all languages goes before the shipped ones, and one for a language before that.
  const show = (language: string) => ({
    ...shows(textsIn(config, language)),
    ...forAll,
    ...ownEntry(changes, language),
  });
  const others = new Set([...listLanguages(config), ...Object.keys(changes)]);
  others.delete(config.defaultLanguage);
  const inOther = Object.fromEntries([...others].map((language) => [language, show(language)]));
  return { kind: "notice", ...show(config.defaultLanguage), data: extra, inOther };
}

/** Enables or disables a campaign from its next run on; keeps the other overrides in `campaigns/{id}`. */
export async function switchCampaign(db: Firestore, { id }: Campaign, enabled: boolean): Promise<void> {
  await db.collection("campaigns").doc(id).set({ enabled }, { merge: true });
}

/** The message of a campaign in a language; times in milliseconds since the epoch. */
export function buildCampaignMessage(
  campaign: string,
  content: Content,
  {
    now,
    expiresAt,
    language,
  }: { readonly now: number; readonly expiresAt: number; readonly language?: string | undefined },
): FcmMessage {
  const ttlSeconds = Math.max(0, Math.floor((expiresAt - now) / 1000));
  const push = { source: { campaign }, data: content.data, now, ttlSeconds };
  if (content.kind === "silent") return buildSilentPush(push);
  const { title, body } = (language !== undefined && ownEntry(content.inOther, language)) || content;
  return buildNoticePush({ ...push, title, body });
}
