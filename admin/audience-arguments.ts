import { parseArgs } from "node:util";
import { WrongUsage } from "./command.ts";
import { readSettings } from "./settings.ts";

/** What `--help` shows. */
export const usage = `The audience: the documents that devices are packed into for campaigns.

  npm run audience -- check [--mend] [--shards <n>] --project <id>
      Compares all devices with the audience and tells where they disagree; --mend puts it right.
      Exits with 1 when something is wrong and has not been mended.

  npm run audience -- rebuild --shards <n> --project <id>
      Packs all devices into n documents. Phones may register meanwhile, and it can be stopped and started again.
      More documents: deploy AUDIENCE_SHARDS=<n> first, then rebuild.
      Fewer: rebuild, deploy, and rebuild once more for those that have registered in between.
      A device that moves while a campaign is being sent may get it twice or not at all: choose a quiet time.

  --project <id>   a Firebase project; one that begins with demo- is the local stack's
  --shards <n>     how many documents; check takes AUDIENCE_SHARDS of the shell or of functions/.env.<id>
`;

const maxShards = 10_000;

/** What the operator wants done. */
export type AudienceCommand =
  | { readonly command: "help" }
  | {
      readonly command: "check" | "rebuild";
      readonly projectId: string;
      readonly shards: number;
      readonly mend: boolean;
    };

/** Reads the command line; throws {@link WrongUsage}, or an error of `parseArgs`, when it makes no sense. */
export function parseAudienceArguments(args: readonly string[]): AudienceCommand {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      project: { type: "string" },
      shards: { type: "string" },
      mend: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { project: projectId, mend } = values;
  if (values.help) return { command: "help" };
  const [command, ...rest] = positionals;
  if ((command !== "check" && command !== "rebuild") || rest.length > 0) throw new WrongUsage("Say check or rebuild");
  if (projectId === undefined) throw new WrongUsage("Say which project: --project <id>");
  if (command === "rebuild" && mend) throw new WrongUsage("rebuild always mends: leave --mend out");
  const deployed = command === "check" ? readSettings(projectId)["AUDIENCE_SHARDS"] : undefined;
  return { command, projectId, mend, shards: parseShards(values.shards ?? deployed) };
}

/** Guessing would pack devices where no campaign looks. */
function parseShards(given: string | undefined): number {
  if (given === undefined) throw new WrongUsage("Say how many documents there are to be: --shards <n>");
  const shards = Number(given);
  if (!/^\d+$/.test(given) || shards < 1 || shards > maxShards) {
    throw new WrongUsage(`The number of documents is 1 to ${maxShards}, not ${given}`);
  }
  return shards;
}
