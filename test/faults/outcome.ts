import { statusAt } from "../../functions/src/rings/group.ts";
import type { Phone as RecordedPhone, StoredRing } from "../../functions/src/rings/ring.ts";
import type { Setup } from "./setup.ts";
import { readData, type Phone } from "./phone.ts";
import type { Outcome } from "./scenario.ts";

/** The outcome of the scenario's ring. */
export async function observeCall(setup: Setup): Promise<Outcome> {
  const stored = await setup.ring();
  return {
    pbx: describeLines(setup.pbx.answers),
    record: stored === undefined ? "nothing" : describeRing(stored, setup.phones),
    phone: joinPhones(setup.phones.map(describePhone)),
  };
}

/** Joins lines in order, consecutive repeats once. */
export function describeLines(lines: readonly string[]): string {
  return lines.filter((line, nth) => line !== lines[nth - 1]).join(", ");
}

/** Joins the texts of several phones; one text if all are equal. */
export function joinPhones(texts: readonly string[]): string {
  const [first = ""] = texts;
  return texts.length > 1 && new Set(texts).size === 1 ? `${texts.length} × ${first}` : texts.join(" / ");
}

const channelNames = { fcm: "FCM", apns: "APNs" } as const;

/** The pushes that reached a phone, in order; to an iPhone a ring may come by both channels. */
export function describePhone(phone: Phone): string {
  const ringing = new Set<string>();
  const texts = phone.delivered().map((message) => {
    const { type = "", callId = "", reason = "" } = readData(message);
    if (type !== "incoming_call") return type === "call_ended" ? `stops (${reason})` : type;
    if (!phone.isIphone) return "rings";
    const rings = ringing.has(callId) ? "still rings" : "rings";
    ringing.add(callId);
    return `${rings} by ${channelNames[message.channel]}`;
  });
  return texts.join(", ") || "nothing";
}

function describeRing({ ring }: StoredRing, phones: readonly Phone[]): string {
  const { status, reason } = statusAt(ring, Date.now());
  const ended = reason === undefined ? "" : ` (${reason})`;
  const recorded = phones.map(({ deviceId }) => describeRecorded(ring.phones[deviceId]));
  return `${status}${ended}: ${joinPhones(recorded)}`;
}

function describeRecorded(phone: RecordedPhone | undefined): string {
  if (phone === undefined) return "–";
  // Depending on the network, a resolver answers "not found" or not at all.
  const error = phone.error === "EAI_AGAIN" ? "ENOTFOUND" : phone.error;
  return [phone.state, error, phone.toldAt && "told"].filter((word) => word !== undefined).join(" ");
}
