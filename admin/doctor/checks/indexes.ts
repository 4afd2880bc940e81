import { readFileSync } from "node:fs";
import { fileOfCheckout, type Check, type CheckContext } from "../check.ts";
import { fault, ok, warning, type Finding } from "../../../functions/src/doctor/finding.ts";
import {
  listFields,
  listIndexes,
  plannedSchema,
  spellIndex,
  type DeployedField,
  type DeployedIndex,
  type PlannedSchema,
} from "../firestore-schema.ts";

/** The fields that need a TTL policy. Without one, Firestore keeps every ring and push forever. */
const expiring = [
  "ends.removeAt",
  "pushes.removeAt",
  "rings.removeAt",
  "statistics.removeAt",
  "statisticsDays.removeAt",
];

/** Checks that Firestore has the indexes, exemptions and TTL policies of this checkout. */
export const checkIndexes: Check = {
  name: "indexes",
  run: async (context) => {
    const planned = plannedSchema.parse(JSON.parse(readFileSync(fileOfCheckout("firestore.indexes.json"), "utf8")));
    const findings = findUnplanned(planned);
    if (context.google === undefined) {
      return [
        ...findings,
        ok("firestore.indexes.json can be read; the local Firestore uses its indexes without a deployment"),
      ];
    }
    const [indexes, fields] = await Promise.all([listIndexes(context), listFields(context)]);
    const all = [
      ...findings,
      ...planned.indexes.flatMap((index) => checkIndex(context, index, indexes)),
      ...planned.fieldOverrides.flatMap((field) => checkField(context, field, fields)),
    ];
    return all.length > 0 ? all : [ok("every index, exemption and TTL policy is there")];
  },
};

function findUnplanned({ fieldOverrides }: PlannedSchema): readonly Finding[] {
  const expires = fieldOverrides.filter(({ ttl }) => ttl);
  const planned = new Set(expires.map(({ collectionGroup, fieldPath }) => `${collectionGroup}.${fieldPath}`));
  return expiring
    .filter((field) => !planned.has(field))
    .map((field) => {
      return fault(`firestore.indexes.json has no TTL policy for ${field}`, "git checkout firestore.indexes.json");
    });
}

function checkIndex(
  context: CheckContext,
  { collectionGroup, queryScope, fields }: PlannedSchema["indexes"][number],
  deployed: readonly DeployedIndex[],
): readonly Finding[] {
  const deploy = deployIndexes(context);
  const spelt = spellIndex(queryScope, fields);
  const name = `the index ${collectionGroup}(${fields.map(({ fieldPath }) => fieldPath).join(", ")})`;
  const found = deployed.find((index) => {
    return groupOf(index.name) === collectionGroup && spellIndex(index.queryScope, index.fields) === spelt;
  });
  if (found === undefined) return [fault(`${name} is missing`, deploy)];
  if (found.state === "CREATING") return [warning(`${name} is being built`, "wait, then run the doctor again")];
  if (found.state !== "NEEDS_REPAIR") return [];
  return [fault(`${name} needs repair`, `delete it in the console, then ${deploy}`)];
}

/** `projects/…/collectionGroups/<this>/indexes/…`. */
function groupOf(name: string): string | undefined {
  return name.split("/")[5];
}

function checkField(
  context: CheckContext,
  { collectionGroup, fieldPath, ttl, indexes }: PlannedSchema["fieldOverrides"][number],
  deployed: readonly DeployedField[],
): readonly Finding[] {
  const deploy = deployIndexes(context);
  const name = `${collectionGroup}.${fieldPath}`;
  const found = deployed.find((field) => field.name.endsWith(`/${collectionGroup}/fields/${fieldPath}`));
  const wants = indexes.map(({ queryScope, ...index }) => spellIndex(queryScope, [{ fieldPath, ...index }]));
  const has = found?.indexConfig.indexes.map((index) => spellIndex(index.queryScope, index.fields));
  const isIndexed =
    has?.toSorted().join() === wants.toSorted().join() && found?.indexConfig.usesAncestorConfig === false;
  return [
    ...(ttl ? checkTtl(name, found, deploy) : []),
    ...(isIndexed ? [] : [fault(`${name} is not indexed as firestore.indexes.json says`, deploy)]),
  ];
}

function checkTtl(name: string, found: DeployedField | undefined, deploy: string): readonly Finding[] {
  if (found?.ttlConfig === undefined)
    return [fault(`there is no TTL policy for ${name}: old documents are not removed`, deploy)];
  const { state } = found.ttlConfig;
  if (state === "CREATING")
    return [warning(`the TTL policy for ${name} is being created`, "wait, then run the doctor again")];
  return state === "NEEDS_REPAIR" ? [fault(`the TTL policy for ${name} needs repair`, deploy)] : [];
}

function deployIndexes({ projectId }: CheckContext): string {
  return `npx firebase deploy --only firestore:indexes --project ${projectId}`;
}
