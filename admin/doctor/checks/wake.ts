import { z } from "zod";
import type { Device } from "../../../functions/src/devices/device.ts";
import { findDevice } from "../../devices/find-device.ts";
import type { Check, CheckContext } from "../check.ts";
import { fault, ok, warning, type Finding } from "../../../functions/src/doctor/finding.ts";
import { requestPbx } from "../pbx-client.ts";

/** How long a caller would wait for a phone to wake. */
const waitSeconds = 20;

const call = z.object({
  created_at: z.string(),
  devices: z.array(
    z.object({
      device_id: z.string(),
      state: z.string(),
      channel: z.enum(["fcm", "apns"]).optional(),
      error: z.string().optional(),
      accepted_at: z.string().optional(),
      ready_at: z.string().optional(),
    }),
  ),
});

const refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** Checks that a call reaches the chosen device. All phones of its exten ring for a moment. */
export const checkWake: Check = {
  name: "wake",
  run: async (context) => {
    const { services, device: wanted, keys } = context;
    const [key] = keys;
    if (wanted === undefined) return [];
    const { deviceId } = wanted;
    const device = await findDevice(services, wanted);
    if (device === undefined)
      return [fault(`there is no device ${deviceId}`, "npm run ops -- devices list; start the app and log in")];
    const [exten] = device.extens;
    if (exten === undefined) {
      return [
        fault(`no exten rings ${deviceId} of ${device.uid}`, `npm run ops -- lines assign <exten> ${device.uid}`),
      ];
    }
    if (key === undefined)
      return [warning("no call was placed: there is no key", "give the PBX's settings file: --key-file <file>")];
    return place(context, device, exten, key);
  },
};

async function place(
  { services, pbxUrl }: CheckContext,
  device: Device,
  exten: string,
  key: string,
): Promise<readonly Finding[]> {
  const callId = `doctor-${services.clock.now()}`;
  const body = {
    call_id: callId,
    exten,
    caller_id: "0",
    caller_name: "pbx-push doctor",
    ring_seconds: waitSeconds + 5,
  };
  try {
    const woken = await requestPbx(`${pbxUrl}/calls`, { method: "POST", key, body });
    const code = refusal.safeParse(woken.body).data?.error.code;
    if (woken.status !== 200 && code !== "push_failed") {
      return [
        fault(
          `POST /calls for ${exten} answered ${woken.status} ${code ?? ""}`.trim(),
          "see the findings on the key and the lines above",
        ),
      ];
    }
    const wait = code === "push_failed" ? 0 : waitSeconds;
    const record = await requestPbx(`${pbxUrl}/calls/${callId}?wait_seconds=${wait}`, { key });
    const known = call.safeParse(record.body);
    if (known.success) return describe(device, known.data, woken.ms);
    return [fault(`the call's record answered ${record.status}`, "see the finding on the key above")];
  } finally {
    const end = { method: "POST", key, body: { reason: "cancelled" } } as const;
    // If this fails, the phones stop by themselves a little later.
    await requestPbx(`${pbxUrl}/calls/${callId}/end`, end).catch(() => undefined);
  }
}

function describe({ deviceId, uid }: Device, record: z.infer<typeof call>, answeredMs: number): readonly Finding[] {
  const phone = record.devices.find((one) => one.device_id === deviceId);
  if (phone?.accepted_at === undefined) {
    const again = "start the app on the phone and log in again";
    const todo =
      phone?.error === "UNREGISTERED"
        ? `the registration is dead: ${again}`
        : `see the findings on FCM and APNs above, or ${again}`;
    return [fault(`the push to ${deviceId} failed: ${phone?.error ?? "it is not part of the call"}`, todo)];
  }
  const since = (time: string) => Date.parse(time) - Date.parse(record.created_at);
  const channel = phone.channel === "apns" ? "APNs" : "FCM";
  const accepted = ok(
    `${channel} accepted the push ${since(phone.accepted_at)} ms after the call; the PBX was answered after ${answeredMs} ms`,
  );
  if (phone.ready_at !== undefined)
    return [accepted, ok(`${deviceId} was ready ${since(phone.ready_at)} ms after the call`)];
  const todo = `check that the phone is on and online, that battery saving is off for the app, that users/${uid} has the server settings, and that the PBX's WebSocket answers there`;
  return [accepted, warning(`${deviceId} was not ready within ${waitSeconds} s; it is ${phone.state}`, todo)];
}
