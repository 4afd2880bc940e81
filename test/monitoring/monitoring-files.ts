import { readFile, readdir } from "node:fs/promises";
import { basename } from "node:path";

const folder = new URL("../../monitoring/", import.meta.url);

/** The files of a folder under monitoring/ by their names without `.json`. */
export async function readMonitoringFiles(
  kind: "metrics" | "policies" | "dashboards",
): Promise<ReadonlyMap<string, any>> {
  const names = await readdir(new URL(`${kind}/`, folder));
  const read = async (name: string) => JSON.parse(await readFile(new URL(`${kind}/${name}`, folder), "utf8"));
  return new Map(await Promise.all(names.map(async (name) => [basename(name, ".json"), await read(name)] as const)));
}

/** Every filter of Cloud Monitoring inside a policy or a dashboard. */
export function findMonitoringFilters(file: unknown): readonly string[] {
  if (typeof file !== "object" || file === null) return [];
  return Object.entries(file).flatMap(([key, value]) => {
    const isFilter = (key === "filter" || key === "denominatorFilter") && typeof value === "string";
    return isFilter ? [value] : findMonitoringFilters(value);
  });
}
