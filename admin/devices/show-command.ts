import type { Command } from "commander";
import type { Device } from "../../functions/src/devices/device.ts";
import { explainRings } from "../../functions/src/rings/explain-rings.ts";
import { findPhoneId } from "../../functions/src/rings/group.ts";
import { listRings } from "../../functions/src/rings/list-rings.ts";
import { historyMs, type StoredRing } from "../../functions/src/rings/ring.ts";
import { tellSpan } from "../../functions/src/rings/verdict/words.ts";
import type { Services } from "../../functions/src/services.ts";
import { findUsersByUid } from "../../functions/src/users/find-users.ts";
import {
  describeVerdict,
  formatVerdict,
  languageOption,
  type Language,
  type Writing,
} from "../calls/format-verdict.ts";
import { wholeNumber } from "../command/arguments.ts";
import type { CommandContext } from "../command/context.ts";
import { Failure } from "../command/errors.ts";
import { print, withServices, type Common } from "../command/operation.ts";
import { hereOf, timeZoneOption, type Here } from "../command/times.ts";
import { deviceUserOption } from "../command/user-option.ts";
import { tellInstantsIn } from "../command/wall-time.ts";
import { describeWholeDevice } from "./describe-device.ts";
import { findByAnyName } from "./find-device.ts";

interface ShowOptions extends Common {
  readonly user?: string;
  readonly rings: number;
  readonly timeZone?: string;
  readonly lang?: Language;
}

/** `devices show`: what is known of one device. */
export function addShowCommand(devices: Command, context: CommandContext): void {
  devices
    .command("show <device>")
    .description("show what is known of a device, and why it did or did not ring; never its registration")
    .addOption(deviceUserOption())
    .option("--rings <n>", "how many of its last rings", wholeNumber("--rings", 50), 5)
    .addOption(timeZoneOption())
    .addOption(languageOption())
    .addHelpText(
      "after",
      "\nA device is a deviceId, <user>/<deviceId>, or a registration, whole or as the log shortens it.\n",
    )
    .action(async (name: string, options: ShowOptions) => showOne(context, name, options));
}

const remedy = "npm run ops -- devices list, or calls list --user <user> for one that was forgotten";

async function showOne(context: CommandContext, name: string, options: ShowOptions): Promise<void> {
  const { user, rings: limit, timeZone, lang } = options;
  await withServices(context, options, async (services) => {
    const here = hereOf(services, timeZone);
    const device = await findByAnyName(services, name, user);
    if (device === undefined) throw new Failure("There is no such device", remedy);
    const email = (await findUsersByUid(services, [device.uid])).get(device.uid)?.email ?? null;
    const rings = await explainLast(services, device, limit, here);
    const shown = { ...describeWholeDevice(device), email, rings };
    print(context, options, shown, format(shown, here, { tell: tellInstantsIn(here.timeZone), lang }));
  });
}

/** More rings of the user are not looked at: the device may have rung in none of them. */
const maxReads = 200;

/** The last rings that pushed to the device, newest first, with the verdict on it. */
async function explainLast(services: Services, device: Device, limit: number, here: Here) {
  const span = { uid: device.uid, from: here.now - historyMs, to: here.now + historyMs };
  const { value: page } = await listRings(services, span, maxReads).next();
  const isOwn = ({ ring }: StoredRing) =>
    ring.joined !== undefined || Object.hasOwn(ring.phones, findPhoneId(ring, device));
  const explain = async (stored: StoredRing) => {
    const [verdict] = await explainRings(services, [stored], here);
    const id = findPhoneId(stored.ring, device);
    const phones = verdict?.phones.filter(({ deviceId }) => deviceId === id) ?? [];
    return phones.length === 0 ? [] : [describeVerdict(stored, { callId: stored.id, phones }, here.now)];
  };
  return (await Promise.all((page ?? []).filter(isOwn).slice(0, limit).map(explain))).flat();
}

type Shown = ReturnType<typeof describeWholeDevice> & {
  readonly email: string | null;
  readonly rings: Awaited<ReturnType<typeof explainLast>>;
};

function format(shown: Shown, { now }: Here, writing: Writing): string {
  const { deviceId, uid, email, platform, appVersion, locale, registration, voip, rings } = shown;
  const since = (iso: string) => `${writing.tell(Date.parse(iso))}, ${tellSpan(now - Date.parse(iso)).en} ago`;
  const facts = Object.entries(shown.facts).map(([name, fact]) => `${name} ${String(fact)}`);
  const rows = [
    ["user", email === null ? uid : `${uid} (${email})`],
    ["extens", shown.extens.join(" ") || "none: it never rings"],
    ["platform", platform],
    ["app", [appVersion, locale].filter((one) => one !== null).join(", ") || "unknown"],
    ["registration", registration],
    ["voip", voip === null ? "none" : `${voip.topic} (${voip.environment})`],
    ["facts", facts.join(", ") || "none: its app sends none"],
    ["registered", since(shown.createdAt)],
    ["last seen", `${since(shown.lastSeenAt)}${shown.stale ? ", stale" : ""}`],
  ] as const;
  const known = rows.map(([name, value]) => `  ${name.padEnd(14)}${value}\n`).join("");
  const told = rings.map((ring) => `${formatVerdict(ring, writing)}\n`).join("\n");
  return `${deviceId}\n${known}\n${rings.length === 0 ? "No call has rung it in the last 30 days.\n" : told}`;
}
