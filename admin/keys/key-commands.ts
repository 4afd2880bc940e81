import type { Command } from "commander";
import { scopes, type PbxKeyEntry } from "../../functions/src/keys/pbx-key.ts";
import { demoKeys } from "../../local/stack/demo-secret.ts";
import { splitList } from "../command/arguments.ts";
import type { Desk } from "../command/desk.ts";
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
export function openKeySecret({ firebase, secretFile }: Desk, projectId: string): KeySecret {
  return isLocal(projectId) ? openLocalKeySecret(secretFile) : openCloudKeySecret(firebase, projectId);
}

/** `keys add`, `keys list`, `keys revoke`: which PBXs may use the API. */
export function addKeyCommands(program: Command, desk: Desk): void {
  const keys = program.command("keys").description("which PBXs may use the API: the secret PBX_KEYS");
  keys
    .command("add <id>")
    .description("make a key for a PBX; it is shown this once, the secret keeps its digest")
    .option("--scopes <list>", `only for ${scopes.join(", ")}: some of them, with commas`, splitList)
    .option("--extens <list>", "only for these extens, with commas; * stands for any digits", splitList)
    .option("--ips <list>", "only from these addresses or CIDR ranges, with commas", splitList)
    .action(async (id: string, options: AddOptions) => addKey(desk, id, options));
  keys
    .command("list")
    .description("list the keys")
    .action(async (options: Common) => listKeys(desk, options));
  keys
    .command("revoke <id>")
    .description("take a key back")
    .option("--sha256 <prefix>", "which of the keys with this id, by how its digest begins")
    .action(async (id: string, options: RevokeOptions) => revokeKey(desk, id, options));
}

interface AddOptions extends Common {
  readonly scopes?: readonly string[];
  readonly extens?: readonly string[];
  readonly ips?: readonly string[];
}

interface RevokeOptions extends Common {
  readonly sha256?: string;
}

async function addKey(desk: Desk, id: string, options: AddOptions): Promise<void> {
  const { scopes: granted, extens, ips } = options;
  const projectId = await chooseProject(options.project);
  const { key, entry } = createKey({ id, scopes: granted, extens, ips });
  const secret = openKeySecret(desk, projectId);
  const entries = readEntries(await secret.read());
  await secret.write(JSON.stringify([...entries, entry]));
  const url = pbxUrl(projectId);
  const text = [
    `Key of ${id}, shown this once:\n`,
    `  ${key}\n`,
    "For /etc/asterisk/pbx-push-settings.conf, which nobody but Asterisk may read (chmod 0600):\n",
    `[general]\nurl_1 = ${url}\nkey = ${key}\n`,
    ...adviseOnOlder(
      entries.filter((other) => other.id === id),
      projectId,
    ),
    advise(projectId),
  ];
  print(desk, options, { ...describe(entry), key, settings: { url, key }, next: next(projectId) }, text.join("\n"));
}

/** Which keys of the same PBX to take back, and how: by now only the order of the secret tells them from the new one. */
function adviseOnOlder(older: readonly PbxKeyEntry[], projectId: string): readonly string[] {
  if (older.length === 0) return [];
  const project = isLocal(projectId) ? "" : ` --project ${projectId}`;
  const commands = older.map(({ id, sha256 }) => {
    return `  npm run ops -- keys revoke ${id} --sha256 ${shortenDigest(sha256)}${project}\n`;
  });
  return [`This PBX had a key before. When it has got the new one:\n\n${commands.join("")}`];
}

/** What it takes for the functions to see a new version. */
function next(projectId: string): string {
  return isLocal(projectId) ? "npm start" : renewCommand(projectId);
}

function advise(projectId: string): string {
  return isLocal(projectId)
    ? "A local stack that runs has to be started again to see it, and forgets its lines and phones then: npm start\n"
    : `The deployed function sees it after: ${next(projectId)}\n`;
}

async function listKeys(desk: Desk, options: Common): Promise<void> {
  const projectId = await chooseProject(options.project);
  const entries = readEntries(await openKeySecret(desk, projectId).read());
  const rows = entries.map(describe).map(({ id, sha256, scopes: granted, extens, ips }) => {
    return [id, `${sha256}…`, ...[granted, extens, ips].map((list) => list?.join(" ") ?? "all")];
  });
  const table = formatTable(["id", "sha256", "scopes", "extens", "ips"], rows, desk.out.isTTY);
  const none = "There is no key: every PBX is refused. npm run ops -- keys add <id> makes one.\n";
  print(desk, options, entries.map(describe), rows.length === 0 ? none : table);
}

/** An entry as it may be shown. */
function describe({ sha256, ...entry }: PbxKeyEntry) {
  return { ...entry, sha256: shortenDigest(sha256) };
}

async function revokeKey(desk: Desk, id: string, options: RevokeOptions): Promise<void> {
  const projectId = await chooseProject(options.project);
  const digest = options.sha256?.toLowerCase().replace(/…$/, "");
  if (digest !== undefined && !/^[0-9a-f]{1,64}$/.test(digest)) throw new WrongUsage("--sha256 takes hex digits");
  const secret = openKeySecret(desk, projectId);
  const entries = readEntries(await secret.read());
  const left = withoutKey(entries, id, digest);
  await secret.write(JSON.stringify(left));
  const demoIsGone = isLocal(projectId) && !left.some(({ sha256 }) => sha256 === demoKeys[0]?.sha256);
  const text = [
    `Revoked; ${left.length === 1 ? "1 key is" : `${left.length} keys are`} left.`,
    ...(left.length === 0 ? ["Every PBX is refused from now on."] : []),
    ...(demoIsGone
      ? [`The demo needs the demo key: npm start will not run until ${desk.secretFile} is moved away.`]
      : []),
    advise(projectId),
  ];
  print(desk, options, { revoked: id, left: left.map(describe), next: next(projectId) }, text.join("\n"));
}
