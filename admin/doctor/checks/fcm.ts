import { listLatestDevices } from "../../../functions/src/devices/list-devices.ts";
import { sendBudget } from "../../../functions/src/transport/budget.ts";
import { createFcmClient, type FcmClient } from "../../../functions/src/fcm/client.ts";
import type { Target } from "../../../functions/src/fcm/message.ts";
import { buildSilentPush } from "../../../functions/src/messages/silent-push.ts";
import type { Services } from "../../../functions/src/services.ts";
import { findDevice } from "../../devices/find-device.ts";
import { explainOutcome } from "../../send/explain-outcome.ts";
import type { Check, CheckContext } from "../check.ts";
import { fault, ok, warning, type Finding } from "../finding.ts";

/** Enough to see whether registrations belong to this project. */
const sampledDevices = 3;

/** Checks that FCM accepts pushes from this project and to its devices. With `validate_only`, FCM sends nothing. */
export const checkFcm: Check = {
  name: "fcm",
  run: async (context) => {
    const { projectId, fcmEmulatorHost } = context.services.config;
    const fcm = createFcmClient({
      projectId,
      validateOnly: true,
      ...(fcmEmulatorHost !== undefined && { emulatorHost: fcmEmulatorHost }),
    });
    try {
      const project = await ask(fcm, context.services, { kind: "fcmTopic", value: "doctor" });
      if (project.todo !== undefined) return [fault(`FCM: ${project.seen}`, project.todo)];
      return [ok("FCM accepts pushes from this project"), ...(await checkDevices(fcm, context))];
    } finally {
      await fcm.close();
    }
  },
};

async function ask(fcm: FcmClient, { clock }: Services, target: Target) {
  const message = buildSilentPush({ source: { pushId: "doctor" }, now: clock.now(), ttlSeconds: 60 });
  return explainOutcome(await fcm.send(target, message, sendBudget()));
}

async function checkDevices(fcm: FcmClient, { services, device: wanted }: CheckContext): Promise<readonly Finding[]> {
  const chosen = wanted === undefined ? undefined : await findDevice(services, wanted);
  const devices = chosen === undefined ? await listLatestDevices(services, sampledDevices) : [chosen];
  const asked = await Promise.all(
    devices.map(async (device) => ({ device, ...(await ask(fcm, services, device.registration)) })),
  );
  return asked.map(({ device, seen, todo }) => {
    if (todo === undefined) return ok(`FCM knows the registration of ${device.deviceId}`);
    // In a sample, a dead registration is normal: the next push forgets it.
    const isCommon = chosen === undefined && seen.includes("is dead");
    return (isCommon ? warning : fault)(`${device.deviceId}: ${seen}`, todo.replace("<deviceId>", device.deviceId));
  });
}
