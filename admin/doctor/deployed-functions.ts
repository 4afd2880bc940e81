// https://cloud.google.com/functions/docs/reference/rest/v2/projects.locations.functions
import { z } from "zod";
import type { CheckContext } from "./check.ts";
import { readLocalFunctions } from "./local-functions.ts";

const deployedFunction = z.object({
  name: z.string(),
  state: z.string().optional(),
  serviceConfig: z
    .object({
      minInstanceCount: z.number().default(0),
      environmentVariables: z.record(z.string(), z.string()).default({}),
      secretEnvironmentVariables: z
        .array(z.object({ key: z.string(), secret: z.string(), version: z.string().default("latest") }))
        .default([]),
    })
    .prefault({}),
});

const functionPage = z.object({ functions: z.array(deployedFunction).default([]) });

/** A deployed function. On the local stack, only the name is known. */
export type DeployedFunction = z.infer<typeof deployedFunction>;

/** Every deployed function by its name. */
export async function listDeployed({
  google,
  projectId,
  pbxUrl,
  region,
}: CheckContext): Promise<ReadonlyMap<string, DeployedFunction>> {
  if (google === undefined) {
    const loaded = await readLocalFunctions(pbxUrl);
    return new Map(loaded.map((name) => [name, deployedFunction.parse({ name })]));
  }
  const path = `v2/projects/${projectId}/locations/${region}/functions?pageSize=200`;
  const found = (await google.get("cloudfunctions", path, functionPage))?.functions ?? [];
  return new Map(found.map((one) => [nameOf(one), one]));
}

/** `projects/…/functions/<this>`. */
export function nameOf({ name }: DeployedFunction): string {
  return name.split("/").at(-1) ?? name;
}
