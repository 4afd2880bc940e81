import { writeFile } from "node:fs/promises";
import { routes } from "../../functions/src/pbx/all-routes.ts";
import { buildOpenApi } from "../../functions/src/pbx/openapi.ts";
import { buildReference } from "./build-reference.ts";

await writeFile(new URL("../api.md", import.meta.url), buildReference(buildOpenApi(routes)));
