// The types that the operators' console and the callable `console` exchange. The page is built from these files too, so they
// import nothing but types of the phones' wire.
import type { CallRequest, CallStory, CallsRequest, RingRow, Tail, TailRequest } from "./wire/calls.ts";
import type { CampaignRow, Campaigns, RunRequest, RunRow, SwitchCampaignRequest } from "./wire/campaigns.ts";
import type { Page } from "./wire/common.ts";
import type { AddKeyRequest, KeyRow, NewKey, RevokeKeysRequest, RevokedKeys, RotatedKey } from "./wire/keys.ts";
import type { AssignLineRequest, AssignedLine, LineRow, LinesRequest } from "./wire/lines.ts";
import type { Overview, OverviewRequest } from "./wire/overview.ts";
import type { DeviceRequest, DeviceRow, DeviceStory, DevicesRequest } from "./wire/phones.ts";
import type { PushRequest, PushRow, PushesRequest } from "./wire/pushes.ts";
import type { AuditRequest, AuditRow, Doctor, Probe, Session } from "./wire/service.ts";

export type * from "./wire/calls.ts";
export type * from "./wire/campaigns.ts";
export type * from "./wire/common.ts";
export type * from "./wire/keys.ts";
export type * from "./wire/lines.ts";
export type * from "./wire/overview.ts";
export type * from "./wire/phones.ts";
export type * from "./wire/pushes.ts";
export type * from "./wire/service.ts";

/**
 * Where the page asks, at its own origin: `POST {"data": {"do": …}}`. `firebase.json` has Firebase Hosting pass it on to the
 * function, so that the page's Content Security Policy allows no other origin; the local stack's server does the same.
 */
export const consolePath = "/api/console";

/** The console's actions: the input and the answer of each. The page sends `{"data": {"do": "calls", "exten": "101"}}`. */
export interface Actions {
  session: { input: object; answer: Session };
  overview: { input: OverviewRequest; answer: Overview };
  calls: { input: CallsRequest; answer: Page<RingRow> };
  tail: { input: TailRequest; answer: Tail };
  call: { input: CallRequest; answer: CallStory };
  devices: { input: DevicesRequest; answer: Page<DeviceRow> };
  device: { input: DeviceRequest; answer: DeviceStory };
  forgetDevice: { input: DeviceRequest; answer: { readonly isForgotten: boolean } };
  lines: { input: LinesRequest; answer: Page<LineRow> };
  assignLine: { input: AssignLineRequest; answer: AssignedLine };
  unassignLine: { input: { readonly exten: string }; answer: { readonly exten: string; readonly uid: string } };
  keys: { input: { readonly pbxId?: string | undefined }; answer: { readonly rows: readonly KeyRow[] } };
  addKey: { input: AddKeyRequest; answer: NewKey };
  rotateKey: { input: { readonly pbxId: string }; answer: RotatedKey };
  revokeKeys: { input: RevokeKeysRequest; answer: RevokedKeys };
  campaigns: { input: object; answer: Campaigns };
  run: { input: RunRequest; answer: RunRow };
  switchCampaign: { input: SwitchCampaignRequest; answer: CampaignRow };
  pushes: { input: PushesRequest; answer: Page<PushRow> };
  cancelPush: { input: PushRequest; answer: PushRow };
  doctor: { input: object; answer: Doctor };
  probe: { input: object; answer: Probe };
  audit: { input: AuditRequest; answer: Page<AuditRow> };
}

/** The name of an action. */
export type Action = keyof Actions;

/** The answer of an action. */
export type AnswerTo<Do extends Action> = Actions[Do]["answer"];

/**
 * The codes of the callable's errors: `unauthenticated` (not logged in, or logged in too long ago: log in again),
 * `permission-denied` (no operator), `invalid-argument` (`details.issues` names each field), `not-found`,
 * `failed-precondition` (the change is not possible now), `resource-exhausted` (ask more slowly), `unavailable` (ask again).
 */
export type ConsoleErrorCode =
  | "unauthenticated"
  | "permission-denied"
  | "invalid-argument"
  | "not-found"
  | "failed-precondition"
  | "resource-exhausted"
  | "unavailable"
  | "internal";

/** The `details` of an `invalid-argument`: what is wrong with which field. */
export interface ConsoleErrorDetails {
  readonly code: string;
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
}
