import type { Command } from "commander";
import { findSharedLines } from "../../functions/src/keys/find-shared-lines.ts";
import { shortenDigest } from "../../functions/src/keys/key-document.ts";
import {
  addKey,
  listKeys,
  rotateKey,
  stateOf,
  type NewKey,
  type StoredKey,
} from "../../functions/src/keys/manage-keys.ts";
import { scopes } from "../../functions/src/keys/pbx-key.ts";
import { splitList, wholeNumber } from "../command/arguments.ts";
import type { CommandContext } from "../command/context.ts";
import { Failure } from "../command/errors.ts";
import { print, recordOperation, withChange, withServices, type Common } from "../command/operation.ts";
import { csvOption, printList, type ListOptions } from "../command/print-list.ts";
import { pbxUrl } from "../project/pbx-url.ts";
import { chooseProject } from "../project/project.ts";
import { addRevokeCommand, requirePbx } from "./revoke-command.ts";
import { importKeys } from "./import-keys.ts";
import { parseExpiry, parseGrant, type GrantOptions } from "./parse-grant.ts";

/** `keys add`, `keys list`, `keys rotate`, `keys revoke`, `keys import`: which PBXs may use the API. */
export function addKeyCommands(program: Command, context: CommandContext): void {
  const keys = program.command("keys").description("which PBXs may use the API");
  keys
    .command("add <pbx>")
    .description("make a key for a PBX; it works within a minute, and is shown only once")
    .option("--scopes <list>", `comma-separated scopes of ${scopes.join(", ")}; default: calls`, splitList)
    .option(
      "--extens <list>",
      "comma-separated extens; * at the end matches any rest, \\* is the star on the dial; default: all",
      splitList,
    )
    .option("--prefix <digits>", "its lines begin with this: for a PBX whose extens another PBX has too")
    .option("--ips <list>", "comma-separated addresses or CIDR ranges; default: all", splitList)
    .option("--rate <n>", "requests a second that an instance answers; default: 200", wholeNumber("--rate", 10_000))
    .option("--expires <when>", "a date, such as 2027-01-31, or a time from now, such as 30d or 12h", parseExpiry)
    .option("--note <text>", "what the key is for")
    .action(async (pbx: string, options: GrantOptions & Common) => add(context, pbx, options));
  keys
    .command("list")
    .description("list the keys, with their last use to the hour")
    .addOption(csvOption())
    .action(async (options: ListOptions) => list(context, options));
  keys
    .command("rotate <pbx>")
    .description("make a new key that allows the same; the older ones work for one more day")
    .action(async (pbx: string, options: Common) => rotate(context, pbx, options));
  addRevokeCommand(keys, context);
  keys
    .command("import <file>")
    .description("store the keys of the first edition's secret PBX_KEYS; - reads standard input")
    .action(async (file: string, options: Common) => runImport(context, file, options));
}

async function add(context: CommandContext, pbx: string, options: GrantOptions & Common): Promise<void> {
  const grant = parseGrant(pbx, options);
  const subject = { pbx, scopes: grant.scopes.join(" ") };
  await withChange(context, options, { what: "keys add", subject }, async (services) => {
    const now = services.clock.now();
    const active = (await listKeys(services)).filter((key) => stateOf(key, now) === "active");
    const others = active.filter((key) => key.pbxId === pbx);
    for (const shared of findSharedLines(grant, active)) context.err.write(`Warning: ${shared}\n`);
    const made = await addKey(services, grant, options.expires);
    const revoking = others.map(({ sha256 }) => `  keys revoke ${pbx} --sha256 ${shortenDigest(sha256)}\n`);
    const more = others.length === 0 ? [] : [`\nThis PBX has other keys, which go on working:\n\n${revoking.join("")}`];
    const settings = { url: await findUrl(options), key: made.key };
    const value = { ...grant, sha256: shortenDigest(made.sha256), key: made.key, settings };
    print(context, options, value, [describeNew(pbx, made, settings.url), ...more].join(""));
  });
}

async function findUrl({ project }: Common): Promise<string> {
  return pbxUrl(await chooseProject(project));
}

function describeNew(pbx: string, { key }: NewKey, url: string): string {
  return [
    `Key of ${pbx}, shown only once; it works within a minute:\n`,
    `  ${key}\n`,
    "For /etc/asterisk/pbx-push-settings.conf, readable only by Asterisk (chmod 0600):\n",
    `[general]\nurl_1 = ${url}\nkey = ${key}\n`,
  ].join("\n");
}

async function rotate(context: CommandContext, pbx: string, options: Common): Promise<void> {
  await withServices(context, options, async (services) => {
    const none = new Failure(`${pbx} has no key that works`, `keys add ${pbx}`);
    await requirePbx(services, pbx, none);
    await recordOperation(context, services, { what: "keys rotate", subject: { pbx } }, async () => {
      const made = await rotateKey(services, pbx);
      if (made === undefined) throw none;
      const settings = { url: await findUrl(options), key: made.key };
      const until = made.olderUntil.toISOString();
      const older = made.older.map(({ sha256 }) => shortenDigest(sha256));
      const sha256 = shortenDigest(made.sha256);
      const value = { pbxId: pbx, sha256, key: made.key, settings, older, olderUntil: until };
      const text = `${describeNew(pbx, made, settings.url)}\nThe older ones (${older.join(", ")}) work until ${until}.\n`;
      print(context, options, value, text);
    });
  });
}

async function list(context: CommandContext, options: ListOptions): Promise<void> {
  await withServices(context, options, async (services) => {
    const found = (await listKeys(services)).map((key) => describe(key, services.clock.now()));
    const rows = found.map((key) => [
      key.pbxId,
      `${key.sha256}…`,
      key.state,
      key.expiresAt ?? "",
      key.lastUsedAt ?? "never",
      key.scopes?.join(" ") ?? "",
      [key.extenPrefix === undefined ? "" : `${key.extenPrefix}+`, key.extens?.join(" ") ?? "all"].join(""),
      key.ips?.join(" ") ?? "all",
      key.note ?? key.unusable ?? "",
    ]);
    const headings = ["pbx", "sha256", "state", "expires", "last used", "scopes", "extens", "ips", "note"];
    const none = "There is no key: every PBX is refused. Make one: npm run ops -- keys add <pbx>";
    printList(context, options, { items: found, headings, rows, none });
  });
}

/** The printed form of a key. */
function describe(key: StoredKey, now: number) {
  const { createdAt, expiresAt, revokedAt, lastUsedAt, ...grant } = key.document ?? {};
  const time = (at: typeof expiresAt) => at?.toDate().toISOString();
  return {
    ...grant,
    pbxId: key.pbxId,
    sha256: shortenDigest(key.sha256),
    state: stateOf(key, now),
    createdAt: time(createdAt),
    expiresAt: time(expiresAt),
    revokedAt: time(revokedAt),
    lastUsedAt: time(lastUsedAt),
    unusable: key.unusable,
  };
}

async function runImport(context: CommandContext, file: string, options: Common): Promise<void> {
  await withChange(context, options, { what: "keys import", subject: {} }, async (services) => {
    const imported = await importKeys(services, file);
    const { stored, known } = imported;
    print(context, options, imported, `Keys stored: ${stored.length}; stored before: ${known.length}.\n`);
  });
}
