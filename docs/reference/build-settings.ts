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

/** Builds the settings page in Markdown. */
export function buildSettings(settings: readonly Setting[]): string {
  const rows = settings
    .filter(({ source }) => source === "file")
    .map(({ name, default: value, allowed, description, see }) => {
      const more = see === undefined ? "" : `; see [${see}](${see})`;
      return [`\`${name}\``, value, allowed, description + more];
    });
  return `${opening}\n${table(["setting", "default", "allowed", ""], rows)}`;
}
