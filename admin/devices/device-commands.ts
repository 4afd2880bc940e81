import type { Command } from "commander";
import { listDevices } from "../../functions/src/devices/list-devices.ts";
import { forgetDevice } from "../../functions/src/devices/unregister-device.ts";
import type { Device } from "../../functions/src/devices/device.ts";
import { shortenRegistration } from "../../functions/src/registration.ts";
import { requireDeviceId, requireExten, wholeNumber } from "../command/arguments.ts";
import type { CommandContext } from "../command/context.ts";
import { print, recordOperation, withServices, type Common } from "../command/operation.ts";
import { formatTable } from "../command/table.ts";
import { findDevice, getUid } from "./find-device.ts";

/** `devices list`, `devices forget`: the app installs that pushes go to. */
export function addDeviceCommands(program: Command, context: CommandContext): void {
  const devices = program.command("devices").description("the app installs that pushes go to");
  devices
    .command("list")
    .description("list devices, with shortened registrations")
    .option("--uid <user>", "only devices of this user, by uid or email")
    .option("--exten <exten>", "only devices that ring for this exten", requireExten)
    .option("--stale", "only devices unseen for 30 days")
    .option("--limit <n>", "maximum number of devices", wholeNumber("--limit", 999_999), 100)
    .action(async (options: ListOptions) => list(context, options));
  devices
    .command("forget <deviceId>")
    .description("forget a device; its app registers again at its next start")
    .option("--uid <user>", "the device's user, by uid or email; needed if several users have that device id")
    .action(async (deviceId: string, options: ForgetOptions) => forget(context, requireDeviceId(deviceId), options));
}

interface ForgetOptions extends Common {
  readonly uid?: string;
}

interface ListOptions extends ForgetOptions {
  readonly exten?: string;
  readonly stale?: boolean;
  readonly limit: number;
}

/** The printed form of a device. */
function describe({ deviceId, uid, extens, platform, registration, appVersion, lastSeenAt, stale }: Device) {
  return {
    deviceId,
    uid,
    extens,
    platform,
    registration: shortenRegistration(registration),
    appVersion,
    lastSeenAt: lastSeenAt.toDate().toISOString(),
    stale,
  };
}

async function list(context: CommandContext, options: ListOptions): Promise<void> {
  await withServices(context, options, async (services) => {
    const { limit, uid: name } = options;
    const uid = name === undefined ? undefined : await getUid(services, name);
    // One more than shown, to know whether there are more.
    const found = (await listDevices(services, { ...options, uid }, limit + 1)).map(describe);
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
    const table = formatTable(
      ["device", "uid", "extens", "platform", "registration", "seen", ""],
      rows,
      context.out.isTTY,
    );
    print(context, options, shown, rows.length === 0 ? "No device found.\n" : table);
    if (found.length > limit) context.err.write(`There are more than ${limit} devices: raise --limit.\n`);
  });
}

async function forget(context: CommandContext, deviceId: string, options: ForgetOptions): Promise<void> {
  await withServices(context, options, async (services) => {
    const found = await findDevice(services, { deviceId, user: options.uid });
    // An id that no device has may be a registration that was pasted by mistake: it must not be recorded.
    if (found === undefined) throw new Error(`There is no device ${deviceId}`);
    const subject = { deviceId, ...(options.uid !== undefined && { user: options.uid }) };
    await recordOperation(context, services, { what: "devices forget", subject }, async () => {
      const device = await forgetDevice(services, found);
      if (device === undefined) throw new Error(`There is no device ${deviceId}`);
      const shown = describe(device);
      print(context, options, shown, `${deviceId} of ${shown.uid} (${shown.registration}) is forgotten.\n`);
    });
  });
}
