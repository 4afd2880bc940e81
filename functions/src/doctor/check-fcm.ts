import type { Device } from "../devices/device.ts";
import { listLatestDevices } from "../devices/list-devices.ts";
import { createFcmClient, type FcmClient } from "../fcm/client.ts";
import type { Target } from "../fcm/message.ts";
import { buildSilentPush } from "../messages/silent-push.ts";
import type { Services } from "../services.ts";
import { sendBudget } from "../transport/budget.ts";
import { explainOutcome } from "./explain-outcome.ts";
import { fault, ok, warning, type Finding } from "./finding.ts";

/** Enough to see whether registrations belong to this project. */
const sampledDevices = 3;

/**
 * Checks that FCM accepts pushes from this project and to its devices, or to the chosen one. With `validate_only`, FCM sends
 * nothing.
 */
export async function checkFcm(services: Services, chosen?: Device): Promise<readonly Finding[]> {
  const { projectId, fcmEmulatorHost } = services.config;
  const fcm = createFcmClient({
    projectId,
    validateOnly: true,
    ...(fcmEmulatorHost !== undefined && { emulatorHost: fcmEmulatorHost }),
  });
  try {
    const project = await ask(fcm, services, { kind: "fcmTopic", value: "doctor" });
    if (project.todo !== undefined) return [fault(`FCM: ${project.seen}`, project.todo)];
    return [ok("FCM accepts pushes from this project"), ...(await checkDevices(fcm, services, chosen))];
  } finally {
    await fcm.close();
  }
}

async function ask(fcm: FcmClient, { clock }: Services, target: Target) {
  const message = buildSilentPush({ source: { pushId: "doctor" }, now: clock.now(), ttlSeconds: 60 });
  return explainOutcome(await fcm.send(target, message, sendBudget()));
}

async function checkDevices(
  fcm: FcmClient,
  services: Services,
  chosen: Device | undefined,
): Promise<readonly Finding[]> {
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
