// https://cloud.google.com/firestore/docs/reference/rest/v1/projects.databases.collectionGroups.indexes/list and
// https://cloud.google.com/firestore/docs/reference/rest/v1/projects.databases.collectionGroups.fields/list
import { readFileSync } from "node:fs";
import { z } from "zod";
import { deployCommand, fileOfCheckout, type Check, type Examined } from "../examined.ts";
import { fault, ok, warning, type Finding } from "../finding.ts";

const indexField = z.object({
  fieldPath: z.string(),
  order: z.string().optional(),
  arrayConfig: z.string().optional(),
});

const wanted = z.object({
  indexes: z.array(z.object({ collectionGroup: z.string(), queryScope: z.string(), fields: z.array(indexField) })),
  fieldOverrides: z.array(
    z.object({
      collectionGroup: z.string(),
      fieldPath: z.string(),
      ttl: z.boolean().default(false),
      indexes: z.array(
        z.object({
          queryScope: z.string().optional(),
          order: z.string().optional(),
          arrayConfig: z.string().optional(),
        }),
      ),
    }),
  ),
});

const deployedIndex = z.object({
  name: z.string().default(""),
  queryScope: z.string(),
  fields: z.array(indexField),
  state: z.string().optional(),
});

const indexPage = z.object({ indexes: z.array(deployedIndex).default([]), nextPageToken: z.string().optional() });

const fieldPage = z.object({
  fields: z
    .array(
      z.object({
        name: z.string(),
        indexConfig: z.object({ indexes: z.array(deployedIndex).default([]) }).optional(),
        ttlConfig: z.object({ state: z.string().optional() }).optional(),
      }),
    )
    .default([]),
  nextPageToken: z.string().optional(),
});

/** What the code writes `expireAt` for. Without a policy the calls of everybody are kept for ever. */
const expiring = ["calls.expireAt", "pushes.expireAt"];

/** Whether Firestore has the indexes, exemptions and TTL policies of this checkout. */
export const checkIndexes: Check = {
  name: "indexes",
  run: async (examined) => {
    const file = wanted.parse(JSON.parse(readFileSync(fileOfCheckout("firestore.indexes.json"), "utf8")));
    const overrides = file.fieldOverrides.filter(({ ttl }) => ttl);
    const planned = new Set(overrides.map(({ collectionGroup, fieldPath }) => `${collectionGroup}.${fieldPath}`));
    const unplanned = expiring.filter((field) => !planned.has(field));
    const unplannedFaults = unplanned.map((field) => {
      return fault(`firestore.indexes.json has no TTL policy for ${field}`, "git checkout firestore.indexes.json");
    });
    if (examined.google === undefined) {
      return [...unplannedFaults, ok("firestore.indexes.json can be read; the local stack needs no index")];
    }
    const findings = [
      ...unplannedFaults,
      ...findMissingIndexes(examined, file, await listIndexes(examined)),
      ...findOtherFields(examined, file, await listFields(examined)),
    ];
    return findings.length > 0 ? findings : [ok("every index, exemption and TTL policy is there")];
  },
};

type Wanted = z.infer<typeof wanted>;

async function listIndexes({ google, projectId }: Examined) {
  const path = `v1/projects/${projectId}/databases/(default)/collectionGroups/-/indexes`;
  const indexes: z.infer<typeof deployedIndex>[] = [];
  for (let token: string | undefined = ""; token !== undefined;) {
    const page: z.infer<typeof indexPage> | undefined = await google?.get(
      "firestore",
      `${path}?pageSize=300&pageToken=${token}`,
      indexPage,
    );
    indexes.push(...(page?.indexes ?? []));
    token = page?.nextPageToken || undefined;
  }
  return indexes;
}

async function listFields({ google, projectId }: Examined) {
  const filter = encodeURIComponent("indexConfig.usesAncestorConfig=false OR ttlConfig:*");
  const path = `v1/projects/${projectId}/databases/(default)/collectionGroups/-/fields?filter=${filter}&pageSize=300`;
  const fields: z.infer<typeof fieldPage>["fields"] = [];
  for (let token: string | undefined = ""; token !== undefined;) {
    const page: z.infer<typeof fieldPage> | undefined = await google?.get(
      "firestore",
      `${path}&pageToken=${token}`,
      fieldPage,
    );
    fields.push(...(page?.fields ?? []));
    token = page?.nextPageToken || undefined;
  }
  return fields;
}

function findMissingIndexes(
  examined: Examined,
  { indexes }: Wanted,
  deployed: readonly z.infer<typeof deployedIndex>[],
): readonly Finding[] {
  return indexes.flatMap(({ collectionGroup, queryScope, fields }) => {
    const spelt = spell(queryScope, fields);
    const name = `${collectionGroup}(${fields.map(({ fieldPath }) => fieldPath).join(", ")})`;
    const found = deployed.find(
      (index) => groupOf(index.name) === collectionGroup && spell(index.queryScope, index.fields) === spelt,
    );
    if (found === undefined)
      return [fault(`the index ${name} is missing`, deployCommand(examined, "firestore:indexes"))];
    if (found.state === "CREATING")
      return [warning(`the index ${name} is being built`, "wait until it is, then look again")];
    if (found.state === "NEEDS_REPAIR") {
      return [
        fault(
          `the index ${name} needs repair`,
          `delete it in the console, then ${deployCommand(examined, "firestore:indexes")}`,
        ),
      ];
    }
    return [];
  });
}

function findOtherFields(
  examined: Examined,
  { fieldOverrides }: Wanted,
  deployed: z.infer<typeof fieldPage>["fields"],
): readonly Finding[] {
  const deploy = deployCommand(examined, "firestore:indexes");
  return fieldOverrides.flatMap(({ collectionGroup, fieldPath, ttl, indexes }) => {
    const name = `${collectionGroup}.${fieldPath}`;
    const found = deployed.find((field) =>
      field.name.endsWith(`/collectionGroups/${collectionGroup}/fields/${fieldPath}`),
    );
    const findings: Finding[] = [];
    if (ttl && found?.ttlConfig === undefined)
      findings.push(fault(`there is no TTL policy for ${name}: nothing old is removed`, deploy));
    if (ttl && found?.ttlConfig?.state === "NEEDS_REPAIR")
      findings.push(fault(`the TTL policy for ${name} needs repair`, deploy));
    if (ttl && found?.ttlConfig?.state === "CREATING")
      findings.push(warning(`the TTL policy for ${name} is being made`, "wait until it is"));
    const has = (found?.indexConfig?.indexes ?? []).map((index) => spell(index.queryScope, index.fields)).toSorted();
    const wants = indexes
      .map(({ queryScope = "COLLECTION", ...index }) => spell(queryScope, [{ fieldPath, ...index }]))
      .toSorted();
    if (found?.indexConfig === undefined || has.join() !== wants.join()) {
      findings.push(fault(`${name} is not indexed as firestore.indexes.json says`, deploy));
    }
    return findings;
  });
}

/** Firestore adds the document's name to the fields of every index. */
function spell(queryScope: string, fields: readonly z.infer<typeof indexField>[]): string {
  const named = fields.filter(({ fieldPath }) => fieldPath !== "__name__");
  return [queryScope, ...named.map(({ fieldPath, order, arrayConfig }) => `${fieldPath} ${order ?? arrayConfig}`)].join(
    " ",
  );
}

/** `projects/…/collectionGroups/<this>/indexes/…`. */
function groupOf(name: string): string | undefined {
  return name.split("/")[5];
}
