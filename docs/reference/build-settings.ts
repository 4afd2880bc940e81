import type { Setting } from "../../functions/src/setting.ts";
import { table } from "./table.ts";

const opening = `# Settings

\`npm run docs\` generates the second half of this page from the table in \`functions/src/config.ts\`.

## PBX keys

\`\`\`sh
npm run ops -- keys add <id> --project <id>   # creates a key, stores its digest and prints what the PBX needs
\`\`\`

The key works after the next deployment. Keys are the secret \`PBX_KEYS\`, a JSON array:

\`\`\`json
[
  {
    "id": "pbx-1",
    "sha256": "<hex SHA-256 of the key>",
    "scopes": ["calls", "send", "lines"],
    "extens": ["070*"],
    "ips": ["203.0.113.7/32"]
  }
]
\`\`\`

- \`id\` names the PBX. Two PBXs may use the same call ids. Two keys with one id belong to the same PBX
  ([how to rotate](runbook.md#a-key-leaked)).
- \`extens\`: \`*\` at the end matches any rest, \`\\\\*\` in JSON is the star on the dial.
- \`scopes\`, \`extens\`, \`ips\`: a missing list restricts nothing.

A key and its digest by hand:

\`\`\`sh
key=$(openssl rand -hex 32); printf '%s' "$key" | sha256sum
\`\`\`

## Everything else

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
