import type { Command } from "commander";
import type { Device } from "../../functions/src/devices/device.ts";
import { listDevices } from "../../functions/src/devices/list-devices.ts";
import { sendBudget } from "../../functions/src/transport/budget.ts";
import type { FcmMessage } from "../../functions/src/fcm/message.ts";
import { buildNoticePush } from "../../functions/src/messages/notice-push.ts";
import { buildSilentPush } from "../../functions/src/messages/silent-push.ts";
import type { Outcome } from "../../functions/src/transport/outcome.ts";
import { registrationKey, type Registration } from "../../functions/src/registration.ts";
import type { Services } from "../../functions/src/services.ts";
import { requireDeviceId, requireExten } from "../command/arguments.ts";
import type { CommandContext } from "../command/context.ts";
import { Failure, WrongUsage } from "../command/errors.ts";
import { print, withServices, type Common } from "../command/operation.ts";
import { formatTable } from "../command/table.ts";
import { deviceUserOption } from "../command/user-option.ts";
import { findDevice } from "../devices/find-device.ts";
import { explainOutcome } from "../../functions/src/doctor/explain-outcome.ts";

/** TTL of the push: a phone that is off for longer does not need a test. */
const ttlSeconds = 600;

/** More phones than one exten rings. */
const maxDevices = 100;

/** `send`: a test push through the functions' FCM client. */
export function addSendCommand(program: Command, context: CommandContext): void {
  program
    .command("send [deviceId]")
    .summary("a test push to phones")
    .description("a test push to a device, or to all devices of an exten")
    .addOption(deviceUserOption())
    .option("--exten <exten>", "to all devices of this exten", requireExten)
    .option("--title <text>", "title of the push", "pbx-push")
    .option("--body <text>", "text of the push", "Test push")
    .option("--silent", "wake the app without showing anything")
    .action(async (deviceId: string | undefined, options: SendOptions) => send(context, deviceId, options));
}

interface SendOptions extends Common {
  readonly exten?: string;
  readonly user?: string;
  readonly title: string;
  readonly body: string;
  readonly silent?: boolean;
}

async function send(context: CommandContext, deviceId: string | undefined, options: SendOptions): Promise<void> {
  if (deviceId === undefined && options.exten === undefined) throw new WrongUsage("Missing <deviceId> or --exten");
  if (deviceId !== undefined && options.exten !== undefined)
    throw new WrongUsage("Give <deviceId> or --exten, not both");
  const wanted = deviceId === undefined ? undefined : requireDeviceId(deviceId);
  await withServices(context, options, async (services) => {
    const devices = await findRecipients(services, wanted, options);
    const message = buildMessage(services, options);
    const sent = await sendToEach(services, devices, message);
    if (sent.some(({ accepted }) => !accepted)) context.exitCode = 1;
    const rows = sent.map((one) => [one.deviceId, one.seen, `${one.ms} ms`]);
    const todos = sent.flatMap(({ deviceId: id, todo }) => (todo === undefined ? [] : [`${id}: ${todo}\n`]));
    print(context, options, sent, [formatTable(["device", "FCM", "took"], rows, context.out.isTTY), ...todos].join(""));
  });
}

async function findRecipients(
  services: Services,
  deviceId: string | undefined,
  { exten, user }: SendOptions,
): Promise<readonly Device[]> {
  if (deviceId === undefined) {
    const devices = await listDevices(services, { exten }, maxDevices);
    if (devices.length === 0)
      throw new Failure(`No device rings for ${exten}`, "npm run ops -- lines list, devices list");
    return devices;
  }
  const device = await findDevice(services, { deviceId, user });
  if (device === undefined) throw new Error(`There is no device ${deviceId}`);
  return [device];
}

function buildMessage({ clock }: Services, { silent, title, body }: SendOptions): FcmMessage {
  const now = clock.now();
  const push = { source: { pushId: `test-${now}` }, now, ttlSeconds };
  return silent === true ? buildSilentPush(push) : buildNoticePush({ ...push, title, body });
}

/** Sends once for each registration: two devices with the same registration are one phone and share the outcome. */
async function sendToEach(services: Services, devices: readonly Device[], message: FcmMessage) {
  const sends = new Map<string, Promise<Sent>>();
  return Promise.all(
    devices.map(async ({ deviceId, registration }) => {
      const key = registrationKey(registration);
      const sent = sends.get(key) ?? sendTo(services, registration, message);
      sends.set(key, sent);
      const { outcome, ms } = await sent;
      return { deviceId, accepted: outcome.status === "accepted", ms, ...explainOutcome(outcome) };
    }),
  );
}

interface Sent {
  readonly outcome: Outcome;
  readonly ms: number;
}

async function sendTo({ fcm, clock }: Services, registration: Registration, message: FcmMessage): Promise<Sent> {
  const startedAt = clock.now();
  const outcome = await fcm.send(registration, message, sendBudget());
  return { outcome, ms: clock.now() - startedAt };
}
