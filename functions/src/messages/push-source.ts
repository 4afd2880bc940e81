import { labelPush } from "./analytics-label.ts";

/**
 * The origin of a push: a campaign, or one push of `POST /pushes` by its key. The collapse key and the thread are named
 * after it.
 */
export type PushSource = { readonly campaign: string } | { readonly pushId: string };

/** Common fields of silent pushes and notices. */
export interface SourcedPush {
  readonly source: PushSource;
  /** Extra data for the app; it cannot change `type` or `campaign`. */
  readonly data?: Readonly<Record<string, string>>;
  readonly now: number;
  /** TTL; for a silent push it is shorter than the period, so that a phone never gets two at once. */
  readonly ttlSeconds: number;
}

/** The label of a source in FCM's reports. */
export function labelSource(source: PushSource): ReturnType<typeof labelPush> {
  return labelPush("campaign" in source ? "campaign" : "reserved");
}

/** The collapse key of a source. */
export function nameSource(source: PushSource): string {
  return "campaign" in source ? source.campaign : source.pushId;
}
