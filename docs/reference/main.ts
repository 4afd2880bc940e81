import { writeFile } from "node:fs/promises";
import { allSettings } from "../../functions/src/config.ts";
import { routes } from "../../functions/src/pbx/all-routes.ts";
import { buildOpenApi } from "../../functions/src/pbx/openapi.ts";
import { buildReference } from "./build-reference.ts";
import { buildSettings } from "./build-settings.ts";
import { buildVerdicts } from "./build-verdicts.ts";

await writeFile(new URL("../api.md", import.meta.url), buildReference(buildOpenApi(routes, "my-project")));
await writeFile(new URL("../settings.md", import.meta.url), buildSettings(allSettings));
await writeFile(new URL("../verdicts.md", import.meta.url), buildVerdicts());
