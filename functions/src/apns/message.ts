// https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns
import type { ApnsEnvironment } from "../transport/outcome.ts";

/** Where a VoIP push goes: one app install. */
export interface ApnsTarget {
  /** The device token that PushKit gave the app: hexadecimal digits, of no fixed length. */
  readonly token: string;
  /** The app's bundle id with `.voip`. */
  readonly topic: string;
  /** The environment that the app was built for, as far as it knows. */
  readonly environment: ApnsEnvironment;
  /** The other environment is not asked if this one does not know the token. */
  readonly isSure?: true;
}

/** A VoIP push without its target. It expires with the budget of its send. */
export interface ApnsMessage {
  /** APNs' own JSON; it reaches the app unchanged. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** Of several pushes with one id that wait for a phone, it gets the last. */
  readonly collapseId?: string;
}
