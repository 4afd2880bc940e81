import type { CallDevice } from "../../functions/src/calls/call.ts";
import type { Bench } from "./bench.ts";
import { readData, type Phone } from "./phone.ts";
import type { Words } from "./scenario.ts";

/** What the PBX, the record and the phones say of the bench's call. */
export async function observeCall(bench: Bench): Promise<Words> {
  const call = await bench.call();
  const devices = bench.phones.map(({ deviceId }) => describeDevice(call?.devices[deviceId]));
  const ended = call?.endReason === undefined ? "" : ` (${call.endReason})`;
  return {
    pbx: describeLines(bench.pbx.heard),
    record: call === undefined ? "nothing" : `${call.status}${ended}: ${joinPhones(devices)}`,
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

function describeDevice(device: CallDevice | undefined): string {
  if (device === undefined) return "–";
  // Whether a resolver says no or nothing is the network's own.
  const error = device.error === "EAI_AGAIN" ? "ENOTFOUND" : device.error;
  return [device.state, error, device.silencedAt && "told"].filter((word) => word !== undefined).join(" ");
}
