import type { Command } from "commander";
import { shortenDigest } from "../../functions/src/keys/key-document.ts";
import { listKeys, revokeKeys, stateOf } from "../../functions/src/keys/manage-keys.ts";
import type { Services } from "../../functions/src/services.ts";
import type { CommandContext } from "../command/context.ts";
import { describe, WrongUsage } from "../command/errors.ts";
import { print, recordOperation, withServices, type Common } from "../command/operation.ts";

/** `keys revoke`. */
export function addRevokeCommand(keys: Command, context: CommandContext): void {
  keys
    .command("revoke <pbx>")
    .description("revoke all keys of a PBX, or one; they end within a minute")
    .option("--sha256 <prefix>", "start of the digest of the only key to revoke", parseDigest)
    .action(async (pbx: string, options: RevokeOptions) => revoke(context, pbx, options));
}

interface RevokeOptions extends Common {
  readonly sha256?: string;
}

function parseDigest(given: string): string {
  const digest = given.toLowerCase().replace(/…$/, "");
  if (/^[0-9a-f]{1,64}$/.test(digest)) return digest;
  throw new WrongUsage("--sha256 takes hex digits");
}

/** A name that no PBX has may be a key that was pasted by mistake: it must not be recorded. */
export async function requirePbx(services: Services, pbx: string, otherwise: Error): Promise<void> {
  if ((await listKeys(services, pbx)).length === 0) throw otherwise;
}

async function revoke(context: CommandContext, pbx: string, options: RevokeOptions): Promise<void> {
  const { sha256 } = options;
  await withServices(context, options, async (services) => {
    const which = sha256 === undefined ? "" : ` with the digest ${sha256}…`;
    const none = new Error(`${pbx} has no key${which} that could be revoked`);
    await requirePbx(services, pbx, none);
    const subject = { pbx, ...(sha256 !== undefined && { sha256: shortenDigest(sha256) }) };
    await recordOperation(context, services, { what: "keys revoke", subject }, async (tell) => {
      const { revoked, failed } = await revokeKeys(services, pbx, sha256);
      if (revoked.length + failed.length === 0) throw none;
      const names = revoked.map((key) => shortenDigest(key.sha256));
      const others = failed.map(({ key }) => shortenDigest(key.sha256));
      for (const { key, reason } of failed)
        context.err.write(`Not revoked: ${shortenDigest(key.sha256)}: ${describe(reason)}. Repeat the command.\n`);
      if (failed.length > 0) {
        context.exitCode = 1;
        tell({ revoked: names.join(" "), notRevoked: others.join(" ") });
      }
      await printRevoked(context, options, services, { pbx, revoked: names, failed: others });
    });
  });
}

interface RevokedNames {
  readonly pbx: string;
  readonly revoked: readonly string[];
  readonly failed: readonly string[];
}

async function printRevoked(
  context: CommandContext,
  options: Common,
  services: Services,
  { pbx, revoked, failed }: RevokedNames,
): Promise<void> {
  const now = services.clock.now();
  const left = (await listKeys(services, pbx)).filter((key) => stateOf(key, now) === "active").length;
  const value = { pbxId: pbx, revoked, ...(failed.length > 0 && { failed }), left };
  const done = revoked.length === 0 ? "Revoked none." : `Revoked ${revoked.join(", ")}; refused within a minute.`;
  print(context, options, value, `${done} Keys of ${pbx} that still work: ${left}.\n`);
}
