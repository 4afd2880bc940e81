import { z } from "zod";
import { campaigns as all, findSwitch, switchCampaign as setSwitch, type Campaign } from "../../campaigns/campaign.ts";
import { findRun, listRuns, type RunDocument } from "../../campaigns/run.ts";
import { readDeployment } from "../../config.ts";
import { documentId } from "../../parse-input.ts";
import type { Services } from "../../services.ts";
import { action, makeChange, notFound } from "../action.ts";
import { isoTime } from "../show/time.ts";
import type { CampaignRow, RunRow } from "../wire.ts";

const lastRuns = 20;

/** All campaigns, and the last runs. */
export const campaigns = action<"campaigns">()(z.strictObject({}), async ({ services }) => {
  const [rows, runs] = await Promise.all([
    Promise.all(all.map(async (campaign) => describeCampaign(services, campaign))),
    listRuns(services.db, lastRuns),
  ]);
  return { campaigns: rows, runs: [...runs].map(([runId, one]) => describeRun(runId, one)) };
});

/** How far one run has come: one read. */
export const run = action<"run">()(
  z.strictObject({ runId: documentId(/^[A-Za-z]\w{0,63}~[\w:.-]{1,40}$/, "must be the id of a run") }),
  async ({ services }, { runId }) => {
    const found = await findRun(services.db, runId);
    if (found === undefined) throw notFound("There is no such run");
    return describeRun(runId, found);
  },
);

/** Switches a campaign from its next run on. A run that has started goes on: its shards are with Pub/Sub. */
export const switchCampaign = action<"switchCampaign">()(
  z.strictObject({ campaign: z.enum(all.map(({ id }) => id)), isEnabled: z.boolean() }),
  async (asked, { campaign: id, isEnabled }) => {
    const campaign = all.find((one) => one.id === id);
    if (campaign === undefined) throw notFound(`There is no campaign ${id}`);
    const change = { what: `campaign ${isEnabled ? "enable" : "disable"}`, subject: { campaign: id } };
    return makeChange(asked, change, async () => {
      await setSwitch(asked.services.db, campaign, isEnabled);
      return describeCampaign(asked.services, campaign);
    });
  },
);

async function describeCampaign(services: Services, campaign: Campaign): Promise<CampaignRow> {
  const { id, shows } = campaign;
  const { isEnabled, faults } = await findSwitch(services, campaign);
  const { [`${id}Schedule` as const]: schedule } = readDeployment();
  return {
    id,
    kind: shows === undefined ? "silent" : "notice",
    isEnabled,
    ...(faults.length > 0 && { fault: faults.join("; ") }),
    schedule,
  };
}

function describeRun(runId: string, document: RunDocument): RunRow {
  const { campaign, state, shards, shardsDone, counts, errors, scheduledAt, createdAt, finishedAt } = document;
  return {
    runId,
    campaign,
    state,
    shards,
    shardsDone,
    counts,
    errors,
    scheduledAt: isoTime(scheduledAt.toMillis()),
    createdAt: isoTime(createdAt.toMillis()),
    ...(finishedAt !== undefined && { finishedAt: isoTime(finishedAt.toMillis()) }),
  };
}
