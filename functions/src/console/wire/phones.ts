import type { RingRow } from "./calls.ts";
import type { PageRequest, Time, Words } from "./common.ts";

/** Which phones are wanted; filters are combined with AND. The phones seen last come first if there is none. */
export interface DevicesRequest extends PageRequest {
  /** A uid or an email. */
  readonly user?: string | undefined;
  readonly exten?: string | undefined;
  readonly stale?: boolean | undefined;
}

/** Names one phone: several users may have the same `deviceId`. */
export interface DeviceRequest {
  readonly uid: string;
  readonly deviceId: string;
}

/** Something about a phone that may keep it from ringing. */
export interface Concern {
  /** A short name, such as `stale` or `notifications_off`. */
  readonly code: string;
  /** `bad` keeps it from ringing, `warn` may. */
  readonly level: "bad" | "warn";
  readonly says: Words;
}

/** One phone. */
export interface DeviceRow {
  readonly uid: string;
  readonly email?: string;
  readonly deviceId: string;
  readonly platform: "android" | "ios" | "web";
  readonly extens: readonly string[];
  /** Model, system and version of the app, if the app said. */
  readonly model?: string;
  readonly appVersion?: string;
  readonly locale?: string;
  readonly lastSeenAt: Time;
  /** None if the phone looks well. */
  readonly concerns: readonly Concern[];
}

/** One phone with what its app says of it, and its user's last rings. */
export interface DeviceStory extends DeviceRow {
  readonly createdAt: Time;
  /** The kind and the first characters of its address at FCM. */
  readonly registration: string;
  readonly voip?: { readonly topic: string; readonly environment: "production" | "sandbox" };
  readonly facts: Readonly<Record<string, boolean | string>>;
  /** Where its app connects; absent if the user has saved none. */
  readonly server?: string;
  /** The last 20 rings of its user, newest first. */
  readonly rings: readonly RingRow[];
}
