import type { Setting } from "../../functions/src/setting.ts";
import { table } from "./table.ts";

const opening = `# Settings

\`npm run docs\` generates the table below from the one in \`functions/src/config.ts\`.

PBX keys are no setting: [keys.md](keys.md).

\`\`\`sh
echo TRUSTED_PROXIES=2 >> functions/.env.my-project && npm run deploy -- --project my-project
\`\`\`

Each setting is a [param](https://firebase.google.com/docs/functions/config-env) of the functions: a line in
\`functions/.env.<project>\`, or in \`functions/.env\` for all projects. The project's file wins. An empty value means the default.
\`npm run deploy\` refuses an invalid value. If one is deployed anyway, every function refuses its requests with a message that
names the setting. Region, time zone, schedules, instances and \`NODE_OPTIONS\` apply at deployment only; functions do not read
them. For [a function kit](deploy.md#as-a-function-kit) the file is in the folder of the kit's instance.
`;

const secrets = `
## Secrets

\`\`\`sh
npx firebase functions:secrets:set APNS_KEY --data-file AuthKey_ABC123DEFG.p8 --project my-project && npm run deploy -- --project my-project
\`\`\`

A secret is in Secret Manager, and never in a \`.env\` file, which is deployed as plain text: \`npm run deploy\` refuses it there, and stops if a secret has no
value. \`none\` means that the deployment does without it. A function keeps the version that it was deployed with.
`;

/** Builds the settings page in Markdown. */
export function buildSettings(settings: readonly Setting[]): string {
  const rows = settings
    .filter(({ source }) => source === "file")
    .map((setting) => [nameOf(setting), setting.default, setting.allowed, describe(setting)]);
  const secretRows = settings.filter(({ source }) => source === "secret").map((one) => [nameOf(one), describe(one)]);
  const inFiles = table(["setting", "default", "allowed", ""], rows);
  return `${opening}\n${inFiles}${secrets}\n${table(["secret", ""], secretRows)}`;
}

function nameOf({ name }: Setting): string {
  return `\`${name}\``;
}

function describe({ description, see }: Setting): string {
  return see === undefined ? description : `${description}; see [${see}](${see})`;
}
