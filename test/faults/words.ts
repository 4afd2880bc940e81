import { statusAt } from "../../functions/src/rings/group.ts";
import type { Phone as RecordedPhone, StoredRing } from "../../functions/src/rings/ring.ts";
import type { Bench } from "./bench.ts";
import { readData, type Phone } from "./phone.ts";
import type { Words } from "./scenario.ts";

/** What the PBX, the record and the phones say of the bench's ring. */
export async function observeCall(bench: Bench): Promise<Words> {
  const stored = await bench.ring();
  return {
    pbx: describeLines(bench.pbx.heard),
    record: stored === undefined ? "nothing" : describeRing(stored, bench.phones),
    phone: joinPhones(bench.phones.map(describePhone)),
  };
}

/** Lines in their order, a line that came several times in a row once. */
export function describeLines(lines: readonly string[]): string {
  return lines.filter((line, nth) => line !== lines[nth - 1]).join(", ");
}

/** What there is of several phones: once if it is the same of all. */
export function joinPhones(words: readonly string[]): string {
  const [first = ""] = words;
  return words.length > 1 && new Set(words).size === 1 ? `${words.length} × ${first}` : words.join(" / ");
}

/** What has reached a phone, in its order. */
export function describePhone(phone: Phone): string {
  const words = phone.delivered().map((message) => {
    const { type = "", reason = "" } = readData(message);
    return type === "incoming_call" ? "rings" : type === "call_ended" ? `stops (${reason})` : type;
  });
  return words.join(", ") || "nothing";
}

function describeRing({ ring }: StoredRing, phones: readonly Phone[]): string {
  const { status, reason } = statusAt(ring, Date.now());
  const ended = reason === undefined ? "" : ` (${reason})`;
  const recorded = phones.map(({ deviceId }) => describeRecorded(ring.phones[deviceId]));
  return `${status}${ended}: ${joinPhones(recorded)}`;
}

function describeRecorded(phone: RecordedPhone | undefined): string {
  if (phone === undefined) return "–";
  // Whether a resolver says no or nothing is the network's own.
  const error = phone.error === "EAI_AGAIN" ? "ENOTFOUND" : phone.error;
  return [phone.state, error, phone.toldAt && "told"].filter((word) => word !== undefined).join(" ");
}
