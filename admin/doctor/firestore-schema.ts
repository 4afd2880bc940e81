// https://cloud.google.com/firestore/docs/reference/rest/v1/projects.databases.collectionGroups.indexes/list and
// https://cloud.google.com/firestore/docs/reference/rest/v1/projects.databases.collectionGroups.fields/list
import { z } from "zod";
import type { CheckContext } from "./check.ts";

const order = { order: z.string().optional(), arrayConfig: z.string().optional() };
const indexField = z.object({ fieldPath: z.string(), ...order });

/** `firestore.indexes.json`: https://firebase.google.com/docs/reference/firestore/indexes */
export const plannedSchema = z.object({
  indexes: z.array(z.object({ collectionGroup: z.string(), queryScope: z.string(), fields: z.array(indexField) })),
  fieldOverrides: z.array(
    z.object({
      collectionGroup: z.string(),
      fieldPath: z.string(),
      ttl: z.boolean().default(false),
      indexes: z.array(z.object({ queryScope: z.string().default("COLLECTION"), ...order })),
    }),
  ),
});
export type PlannedSchema = z.infer<typeof plannedSchema>;

const index = z.object({
  name: z.string().default(""),
  queryScope: z.string(),
  fields: z.array(indexField),
  state: z.string().optional(),
});

const field = z.object({
  name: z.string(),
  // Without indexes, Google omits the list and the object around it.
  indexConfig: z
    .object({ usesAncestorConfig: z.boolean().default(false), indexes: z.array(index).default([]) })
    .prefault({}),
  ttlConfig: z.object({ state: z.string().optional() }).optional(),
});

const page = z.object({
  indexes: z.array(index).default([]),
  fields: z.array(field).default([]),
  nextPageToken: z.string().optional(),
});

/** A deployed index. */
export type DeployedIndex = z.infer<typeof index>;
/** A field with an index configuration of its own or a TTL policy. */
export type DeployedField = z.infer<typeof field>;

/** All composite indexes of a project. */
export async function listIndexes(context: CheckContext): Promise<readonly DeployedIndex[]> {
  return (await listPages(context, "indexes?pageSize=300")).flatMap(({ indexes }) => indexes);
}

/** All fields of a project that have a configuration of their own. */
export async function listFields(context: CheckContext): Promise<readonly DeployedField[]> {
  const filter = encodeURIComponent("indexConfig.usesAncestorConfig=false OR ttlConfig:*");
  return (await listPages(context, `fields?filter=${filter}&pageSize=300`)).flatMap(({ fields }) => fields);
}

async function listPages({ google, projectId }: CheckContext, list: string): Promise<readonly z.infer<typeof page>[]> {
  const path = `v1/projects/${projectId}/databases/(default)/collectionGroups/-/${list}`;
  const pages: z.infer<typeof page>[] = [];
  let token: string | undefined = "";
  while (token !== undefined) {
    const next: z.infer<typeof page> | undefined = await google?.get("firestore", `${path}&pageToken=${token}`, page);
    if (next !== undefined) pages.push(next);
    token = next?.nextPageToken || undefined;
  }
  return pages;
}

/** A text that is the same for equal indexes. It omits `__name__`, which Firestore adds to every index. */
export function spellIndex(queryScope: string, fields: readonly z.infer<typeof indexField>[]): string {
  const named = fields.filter(({ fieldPath }) => fieldPath !== "__name__");
  const spelt = named.map((one) => `${one.fieldPath} ${one.order ?? one.arrayConfig}`);
  return [queryScope, ...spelt].join(" ");
}
