import type { Command } from "commander";
import { scopes, type PbxKeyEntry } from "../../functions/src/keys/pbx-key.ts";
import { demoKeys } from "../../local/stack/demo-secret.ts";
import { splitList } from "../command/arguments.ts";
import type { CommandContext } from "../command/context.ts";
import { WrongUsage } from "../command/errors.ts";
import { print, type Common } from "../command/operation.ts";
import { renewCommand } from "../project/deployed.ts";
import { pbxUrl } from "../project/pbx-url.ts";
import { chooseProject, isLocal } from "../project/project.ts";
import { formatTable } from "../command/table.ts";
import { openCloudKeySecret } from "./cloud-key-secret.ts";
import type { KeySecret } from "./key-secret.ts";
import { openLocalKeySecret } from "./local-key-secret.ts";
import { createKey, readEntries, shortenDigest, withoutKey } from "./pbx-keys.ts";

/** The secret `PBX_KEYS` of a project. */
export function openKeySecret({ firebase, secretFile }: CommandContext, projectId: string): KeySecret {
  return isLocal(projectId) ? openLocalKeySecret(secretFile) : openCloudKeySecret(firebase, projectId);
}

/** `keys add`, `keys list`, `keys revoke`: which PBXs may use the API. */
export function addKeyCommands(program: Command, context: CommandContext): void {
  const keys = program.command("keys").description("which PBXs may use the API: the secret PBX_KEYS");
  keys
    .command("add <id>")
    .description("create a key for a PBX; it is shown only once, the secret keeps its digest")
    .option("--scopes <list>", `comma-separated scopes of ${scopes.join(", ")}; default: all`, splitList)
    .option(
      "--extens <list>",
      "comma-separated extens; * at the end matches any rest, \\* is the star on the dial; default: all",
      splitList,
    )
    .option("--ips <list>", "comma-separated addresses or CIDR ranges; default: all", splitList)
    .action(async (id: string, options: AddOptions) => addKey(context, id, options));
  keys
    .command("list")
    .description("list the keys")
    .action(async (options: Common) => listKeys(context, options));
  keys
    .command("revoke <id>")
    .description("revoke a key")
    .option("--sha256 <prefix>", "start of the key's digest, if several keys have this id")
    .action(async (id: string, options: RevokeOptions) => revokeKey(context, id, options));
}

interface AddOptions extends Common {
  readonly scopes?: readonly string[];
  readonly extens?: readonly string[];
  readonly ips?: readonly string[];
}

interface RevokeOptions extends Common {
  readonly sha256?: string;
}

async function addKey(context: CommandContext, id: string, options: AddOptions): Promise<void> {
  const { scopes: granted, extens, ips } = options;
  const projectId = await chooseProject(options.project);
  const { key, entry } = createKey({ id, scopes: granted, extens, ips });
  const secret = openKeySecret(context, projectId);
  const entries = readEntries(await secret.read());
  await secret.write(JSON.stringify([...entries, entry]));
  const url = pbxUrl(projectId);
  const text = [
    `Key of ${id}, shown only once:\n`,
    `  ${key}\n`,
    "For /etc/asterisk/pbx-push-settings.conf, readable only by Asterisk (chmod 0600):\n",
    `[general]\nurl_1 = ${url}\nkey = ${key}\n`,
    ...describeOlderKeys(
      entries.filter((other) => other.id === id),
      projectId,
    ),
    describeNext(projectId),
  ];
  print(context, options, { ...describe(entry), key, settings: { url, key }, next: next(projectId) }, text.join("\n"));
}

/** The commands that revoke the PBX's older keys. Later, only their order in the secret tells them from the new one. */
function describeOlderKeys(older: readonly PbxKeyEntry[], projectId: string): readonly string[] {
  if (older.length === 0) return [];
  const project = isLocal(projectId) ? "" : ` --project ${projectId}`;
  const commands = older.map(({ id, sha256 }) => {
    return `  npm run ops -- keys revoke ${id} --sha256 ${shortenDigest(sha256)}${project}\n`;
  });
  return [`This PBX has older keys. Once it uses the new one:\n\n${commands.join("")}`];
}

/** The command after which the functions use the new version. */
function next(projectId: string): string {
  return isLocal(projectId) ? "npm start" : renewCommand(projectId);
}

function describeNext(projectId: string): string {
  return isLocal(projectId)
    ? "Restart a running local stack to use it; it then loses its lines and phones: npm start\n"
    : `The deployed function uses it after: ${next(projectId)}\n`;
}

async function listKeys(context: CommandContext, options: Common): Promise<void> {
  const projectId = await chooseProject(options.project);
  const entries = readEntries(await openKeySecret(context, projectId).read());
  const rows = entries.map(describe).map(({ id, sha256, scopes: granted, extens, ips }) => {
    return [id, `${sha256}…`, ...[granted, extens, ips].map((list) => list?.join(" ") ?? "all")];
  });
  const table = formatTable(["id", "sha256", "scopes", "extens", "ips"], rows, context.out.isTTY);
  const none = "There is no key: every PBX is refused. Create one: npm run ops -- keys add <id>\n";
  print(context, options, entries.map(describe), rows.length === 0 ? none : table);
}

/** The printed form of an entry. */
function describe({ sha256, ...entry }: PbxKeyEntry) {
  return { ...entry, sha256: shortenDigest(sha256) };
}

async function revokeKey(context: CommandContext, id: string, options: RevokeOptions): Promise<void> {
  const projectId = await chooseProject(options.project);
  const digest = options.sha256?.toLowerCase().replace(/…$/, "");
  if (digest !== undefined && !/^[0-9a-f]{1,64}$/.test(digest)) throw new WrongUsage("--sha256 takes hex digits");
  const secret = openKeySecret(context, projectId);
  const entries = readEntries(await secret.read());
  const left = withoutKey(entries, id, digest);
  await secret.write(JSON.stringify(left));
  const demoIsGone = isLocal(projectId) && !left.some(({ sha256 }) => sha256 === demoKeys[0]?.sha256);
  const text = [
    `Revoked; ${left.length === 1 ? "1 key is" : `${left.length} keys are`} left.`,
    ...(left.length === 0 ? ["Every PBX is refused from now on."] : []),
    ...(demoIsGone
      ? [`The demo needs the demo key: npm start will not run until ${context.secretFile} is moved away.`]
      : []),
    describeNext(projectId),
  ];
  print(context, options, { revoked: id, left: left.map(describe), next: next(projectId) }, text.join("\n"));
}
