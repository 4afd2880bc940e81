import { findDevice, listLatestDevices } from "../../../functions/src/devices/list-devices.ts";
import { sendBudget } from "../../../functions/src/fcm/budget.ts";
import { createFcmClient, type FcmClient } from "../../../functions/src/fcm/client.ts";
import type { Target } from "../../../functions/src/fcm/message.ts";
import { buildSilentPush } from "../../../functions/src/messages/silent-push.ts";
import type { Services } from "../../../functions/src/services.ts";
import { explainOutcome } from "../../send/explain-outcome.ts";
import type { Check, Examined } from "../examined.ts";
import { fault, ok, warning, type Finding } from "../finding.ts";

/** Enough to see whether registrations belong to this project. */
const sampledDevices = 3;

/** Whether FCM takes pushes from this project, and to its devices. It is asked with `validate_only`: nobody gets anything. */
export const checkFcm: Check = {
  name: "fcm",
  run: async (examined) => {
    const { projectId, fcmEmulatorHost } = examined.services.config;
    const fcm = createFcmClient({
      projectId,
      validateOnly: true,
      ...(fcmEmulatorHost !== undefined && { emulatorHost: fcmEmulatorHost }),
    });
    try {
      const project = await ask(fcm, examined.services, { kind: "fcmTopic", value: "doctor" });
      if (project.todo !== undefined) return [fault(`FCM: ${project.seen}`, project.todo)];
      return [ok("FCM takes pushes from this project"), ...(await checkDevices(fcm, examined))];
    } finally {
      await fcm.close();
    }
  },
};

async function ask(fcm: FcmClient, { clock }: Services, target: Target) {
  const message = buildSilentPush({ source: { pushId: "doctor" }, now: clock.now(), ttlSeconds: 60 });
  return explainOutcome(await fcm.send(target, message, sendBudget()));
}

async function checkDevices(fcm: FcmClient, { services, deviceId }: Examined): Promise<readonly Finding[]> {
  const chosen = deviceId === undefined ? undefined : await findDevice(services, deviceId);
  const devices = chosen === undefined ? await listLatestDevices(services, sampledDevices) : [chosen];
  const asked = await Promise.all(
    devices.map(async (device) => ({ device, ...(await ask(fcm, services, device.registration)) })),
  );
  return asked.map(({ device, seen, todo }) => {
    if (todo === undefined) return ok(`FCM knows the registration of ${device.deviceId}`);
    // Of a sample one may be gone: the next push forgets it.
    const isCommon = chosen === undefined && seen.includes("is dead");
    return (isCommon ? warning : fault)(`${device.deviceId}: ${seen}`, todo.replace("<deviceId>", device.deviceId));
  });
}
