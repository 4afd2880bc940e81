/** What a push belongs to: a campaign, or one push of `POST /pushes`, by its key. It names the collapse key and the thread. */
export type PushSource = { readonly campaign: string } | { readonly pushId: string };

/** What silent pushes and notices have in common. */
export interface SourcedPush {
  readonly source: PushSource;
  /** Extra data for the app; it cannot change `type` or `campaign`. */
  readonly data?: Readonly<Record<string, string>>;
  readonly now: number;
  /** How long the push is worth delivering; of a silent one shorter than its period, so that two never meet. */
  readonly ttlSeconds: number;
}

/** The collapse key of what belongs to this source. */
export function nameSource(source: PushSource): string {
  return "campaign" in source ? source.campaign : source.pushId;
}
