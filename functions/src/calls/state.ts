import { ownEntry } from "../own-entry.ts";
import type { CallStatus, EndReason } from "../wire.ts";
import type { CallDevice, CallDocument, DeviceState } from "./call.ts";

/** What can happen to one phone of a call: FCM's answer to its push, what the phone itself reports, or the call's end. */
export type DeviceEvent = DeviceState;

const sameAsEvent: Readonly<Record<DeviceEvent, DeviceState>> = {
  failed: "failed",
  accepted: "accepted",
  received: "received",
  ready: "ready",
  answered: "answered",
  declined: "declined",
  ended: "ended",
};

/**
 * The state of a phone after an event, by the state before. Reports come late, twice and in any order: a state is only
 * left for a later one, what the user did stands, and only an answer outlives the end that overtook it.
 */
const transitions: Readonly<Record<DeviceState | "unknown", Readonly<Record<DeviceEvent, DeviceState>>>> = {
  unknown: eventsLeadTo({}),
  // A push that seemed to have failed was delivered after all.
  failed: eventsLeadTo({}),
  accepted: eventsLeadTo({ failed: "accepted" }),
  received: eventsLeadTo({ failed: "received", accepted: "received" }),
  ready: eventsLeadTo({ failed: "ready", accepted: "ready", received: "ready" }),
  answered: only("answered"),
  declined: only("declined"),
  ended: { ...only("ended"), answered: "answered" },
};

/** Each event leads to the state of its name, but for the exceptions. */
function eventsLeadTo(exceptions: Partial<Record<DeviceEvent, DeviceState>>): Record<DeviceEvent, DeviceState> {
  return { ...sameAsEvent, ...exceptions };
}

function only(state: DeviceState): Record<DeviceEvent, DeviceState> {
  return eventsLeadTo(Object.fromEntries(Object.keys(sameAsEvent).map((event) => [event, state])));
}

/** The state of a phone after an event; `undefined` is a phone of which nothing is known yet. */
export function nextDeviceState(state: DeviceState | undefined, event: DeviceEvent): DeviceState {
  return transitions[state ?? "unknown"][event];
}

/** Whether a phone in this state rings, or is about to. */
export function isRinging(state: DeviceState): boolean {
  return state === "accepted" || state === "received" || state === "ready";
}

/** Whether the call has got through to a phone: FCM took its push, or the phone itself says so. */
export function isReached(device: CallDevice | undefined): boolean {
  return device !== undefined && device.state !== "failed";
}

/** How a call stands, read off its phones, its extens and its end. */
export function deriveStatus(call: Pick<CallDocument, "extens" | "devices" | "endedAt">): CallStatus {
  const states = new Set(Object.values(call.devices).map(({ state }) => state));
  if (call.endedAt !== undefined) return "ended";
  if (states.has("answered")) return "answered";
  if (states.has("ready")) return "ready";
  if (states.has("accepted") || states.has("received")) return "notified";
  if (Object.values(call.extens).some(({ status }) => status === undefined)) return "waking";
  // A phone that has ended the call by itself wants it no more than one that declines.
  return states.has("declined") || states.has("ended") ? "declined" : "failed";
}

/** What is known of a phone's push or report beyond the state it leads to. */
export type DeviceFacts = Partial<Omit<CallDevice, "state">> & Pick<CallDevice, "exten">;

/** A call's phones after an event at one of them. An answer ends the ringing of all the others. */
export function applyDeviceEvent(
  call: Pick<CallDocument, "devices" | "extens" | "endedAt" | "endReason">,
  deviceId: string,
  event: DeviceEvent,
  facts: DeviceFacts,
): CallDocument["devices"] {
  const before = ownEntry(call.devices, deviceId);
  const state = nextDeviceState(before?.state, event);
  // What is known stays: a time says when something happened first, however often it is reported.
  const { error, ...known } = { ...facts, ...before };
  const entry: CallDevice = { ...known, ...(state === "failed" && error !== undefined && { error }), state };
  const devices = { ...call.devices, [deviceId]: entry };
  if (state === "answered") return endRinging(devices, "answered_elsewhere");
  const reason = findEndReason(call, deviceId, entry.exten);
  // The push was under way when the call ended: this phone rings, and nobody else would tell it.
  return reason === undefined ? devices : endRinging(devices, reason, (id) => id === deviceId);
}

/** Every phone that rings, and that `concerns` names, as it is once it has been told to stop. */
export function endRinging(
  devices: CallDocument["devices"],
  reason: EndReason,
  concerns: (deviceId: string, device: CallDevice) => boolean = () => true,
): CallDocument["devices"] {
  return Object.fromEntries(
    Object.entries(devices).map(([id, device]) => {
      const isEnding = isRinging(device.state) && concerns(id, device);
      return [id, isEnding ? { ...device, state: nextDeviceState(device.state, "ended"), endReason: reason } : device];
    }),
  );
}

/** Phones that may ring without the record's knowing, as they are once they have been told to stop. */
export function endUnknown(
  known: CallDocument["devices"],
  phones: readonly { readonly deviceId: string; readonly exten: string }[],
  endReason: EndReason,
): CallDocument["devices"] {
  const unknown = phones.filter(({ deviceId }) => ownEntry(known, deviceId) === undefined);
  const ended = unknown.map(
    ({ deviceId, exten }) => [deviceId, { exten, state: "ended", endReason } as const] as const,
  );
  return { ...known, ...Object.fromEntries(ended) };
}

/** Why a phone of a call has to be silent, or `undefined` when it may ring: its call has ended, or its exten, or somebody else has answered. */
export function findEndReason(
  { devices, extens, endedAt, endReason }: Pick<CallDocument, "devices" | "extens" | "endedAt" | "endReason">,
  deviceId: string,
  exten: string,
): EndReason | undefined {
  if (endedAt !== undefined) return endReason ?? "failed";
  const ended = extens[exten]?.endReason;
  if (ended !== undefined) return ended;
  const isAnswered = Object.entries(devices).some(([id, { state }]) => id !== deviceId && state === "answered");
  return isAnswered ? "answered_elsewhere" : undefined;
}
