import type { Command } from "commander";
import { listDevices } from "../../functions/src/devices/list-devices.ts";
import { forgetDevice } from "../../functions/src/devices/unregister-device.ts";
import { requireDeviceId, requireExten, requireUser, wholeNumber } from "../command/arguments.ts";
import type { CommandContext } from "../command/context.ts";
import { print, recordOperation, withServices, type Common } from "../command/operation.ts";
import { csvOption, printList, type ListOptions } from "../command/print-list.ts";
import { deviceUserOption } from "../command/user-option.ts";
import { describeDevice } from "./describe-device.ts";
import { findDevice, getUid } from "./find-device.ts";
import { addShowCommand } from "./show-command.ts";

/** `devices list`, `devices show`, `devices forget`: the app installs that pushes go to. */
export function addDeviceCommands(program: Command, context: CommandContext): void {
  const devices = program.command("devices").description("the app installs that pushes go to");
  devices
    .command("list")
    .description("list devices, with shortened registrations")
    .option("--user <user>", "only devices of this user, by uid or email", requireUser)
    .option("--exten <exten>", "only devices that ring for this exten", requireExten)
    .option("--stale", "only devices unseen for 30 days")
    .option("--limit <n>", "maximum number of devices", wholeNumber("--limit", 999_999), 100)
    .addOption(csvOption())
    .action(async (options: DeviceListOptions) => listAll(context, options));
  addShowCommand(devices, context);
  devices
    .command("forget <deviceId>")
    .description("forget a device; its app registers again at its next start")
    .addOption(deviceUserOption())
    .action(async (deviceId: string, options: ForgetOptions) => forgetOne(context, requireDeviceId(deviceId), options));
}

interface ForgetOptions extends Common {
  readonly user?: string;
}

interface DeviceListOptions extends ListOptions {
  readonly user?: string;
  readonly exten?: string;
  readonly stale?: boolean;
  readonly limit: number;
}

async function listAll(context: CommandContext, options: DeviceListOptions): Promise<void> {
  await withServices(context, options, async (services) => {
    const { limit, user, exten, stale } = options;
    const uid = user === undefined ? undefined : await getUid(services, user);
    // One more than shown, to know whether there are more.
    const found = (await listDevices(services, { uid, exten, stale }, limit + 1)).map(describeDevice);
    const shown = found.slice(0, limit);
    const rows = shown.map((device) => [
      device.deviceId,
      device.uid,
      device.extens.join(" "),
      device.platform,
      device.registration,
      device.lastSeenAt,
      device.stale ? "stale" : "",
    ]);
    const names = ["device", "uid", "extens", "platform", "registration", "seen"];
    const csv = { headings: [...names, "state"], rows };
    printList(context, options, { items: shown, headings: [...names, ""], rows, none: "No device found.", csv });
    if (found.length > limit) context.err.write(`There are more than ${limit} devices: raise --limit.\n`);
  });
}

async function forgetOne(context: CommandContext, deviceId: string, options: ForgetOptions): Promise<void> {
  await withServices(context, options, async (services) => {
    const found = await findDevice(services, { deviceId, user: options.user });
    // An id that no device has may be a registration that was pasted by mistake: it must not be recorded.
    if (found === undefined) throw new Error(`There is no device ${deviceId}`);
    const subject = { deviceId, ...(options.user !== undefined && { user: found.uid }) };
    await recordOperation(context, services, { what: "devices forget", subject }, async () => {
      const device = await forgetDevice(services, found);
      if (device === undefined) throw new Error(`There is no device ${deviceId}`);
      const shown = describeDevice(device);
      print(context, options, shown, `${deviceId} of ${shown.uid} (${shown.registration}) is forgotten.\n`);
    });
  });
}
