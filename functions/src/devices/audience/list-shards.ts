import type { Services } from "../../services.ts";
import { audienceRef } from "./audience.ts";
import { devicesRef } from "../device.ts";

/** All audience documents that exist or that a device names, in numeric order. */
export async function listShards(services: Services): Promise<readonly string[]> {
  const stored = (await audienceRef(services.db).listDocuments()).map(({ id }) => id).toSorted();
  const named: string[] = [];
  for (const [index, before] of [...stored, undefined].entries()) {
    named.push(...(await findNamed(services, stored[index - 1] ?? "", before)));
  }
  return [...stored, ...named].toSorted((one, other) => one.localeCompare(other, "en", { numeric: true }));
}

/**
 * The shards between two others that devices name. It skips from one to the next in the index: one read for each, and
 * one more.
 */
async function findNamed({ db }: Services, after: string, before: string | undefined): Promise<readonly string[]> {
  const byShard = devicesRef(db).orderBy("audienceShard").select("audienceShard").limit(1);
  const named: string[] = [];
  for (;;) {
    const beyond = byShard.where("audienceShard", ">", named.at(-1) ?? after);
    const [device] = (await (before === undefined ? beyond : beyond.where("audienceShard", "<", before)).get()).docs;
    if (device === undefined) return named;
    named.push(String(device.get("audienceShard")));
  }
}
