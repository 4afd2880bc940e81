import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { pathDaily, saveLocation } from "../../../functions/src/campaigns/campaign.ts";
import { findFailedShards, resendShard } from "../../../functions/src/campaigns/failed-shards.ts";
import { startRun } from "../../../functions/src/campaigns/start-run.ts";
import { ops } from "../../admin/run-ops.ts";
import { addAudience } from "../../support/audience.ts";
import { startFunctions } from "../../support/functions.ts";
import { pushesTo, resetState } from "../../support/line.ts";

const functions = await startFunctions({ AUDIENCE_SHARDS: "1", CAMPAIGN_RAMP_SECONDS: "0" });
before(() => functions.deliverMessages());
after(() => functions.close());
beforeEach(() => resetState(functions));

/** Runs the command as an operator does; returns its exit code and output. */
async function campaign(...args: string[]) {
  const { code, out: stdout, err: stderr } = await ops(["campaign", ...args], functions.services);
  return { code, stdout, stderr };
}

describe("npm run ops -- campaign", () => {
  it("starts a run, shows its progress and result, and lists it", async () => {
    const tokens = await addAudience(functions, 3);
    const { code, stdout, stderr } = await campaign("run", "saveLocation", "--project", functions.projectId);
    assert.equal(code, 0);
    assert.match(stderr, /^Queueing the shards …\n(shards sent 0\/1\n)?shards sent 1\/1\n$/);
    assert.match(stdout, /^saveLocation~\d{4}-\S+Z\n3 accepted, 0 unregistered, 0 failed, 0 skipped\n$/);
    assert.deepEqual(
      [...tokens.values()].map((token) => pushesTo(functions, token).length),
      [1, 1, 1],
    );
    const status = await campaign("status", "--project", functions.projectId);
    assert.equal(status.stderr, "");
    assert.match(status.stdout, /^run\s+state\s+shards\s+accepted/);
    assert.match(status.stdout, /\nsaveLocation~\S+\s+done\s+1\/1\s+3\s+0\s+0\s+0\s+\d+\.\d\n$/);
    const [run] = JSON.parse((await campaign("status", "--project", functions.projectId, "--json")).stdout);
    assert.deepEqual(run.counts, { accepted: 3, unregistered: 0, failed: 0, skipped: 0 });
    assert.deepEqual([run.state, typeof run.seconds], ["done", "number"]);
    await functions.settleMessages();
  });

  it("prints one JSON document of a run", async () => {
    await addAudience(functions, 2);
    const { stdout } = await campaign("run", "saveLocation", "--json", "--project", functions.projectId);
    const { runId, state, counts } = JSON.parse(stdout);
    assert.deepEqual([runId.split("~")[0], state, counts.accepted], ["saveLocation", "done", 2]);
    await functions.settleMessages();
  });

  it("reports that the campaign is disabled", async () => {
    await functions.services.db.doc("campaigns/pathDaily").set({ enabled: false });
    const { code, stderr } = await campaign("run", "pathDaily", "--project", functions.projectId);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /\npathDaily is off: npm run ops -- campaign enable pathDaily, or correct campaigns\/pathDaily in Firestore\n$/,
    );
  });

  it("disables and enables a campaign, and keeps its other overrides", async () => {
    const { services, projectId } = functions;
    const override = services.db.doc("campaigns/pathDaily");
    await override.set({ title: "Monday" });
    const due = { campaign: pathDaily, scheduledAt: Date.now() };
    const off = await campaign("disable", "pathDaily", "--project", projectId);
    assert.deepEqual(off, { code: 0, stdout: "pathDaily is switched off.\n", stderr: "" });
    assert.deepEqual((await override.get()).data(), { title: "Monday", enabled: false });
    assert.equal(await startRun(services, due), undefined);
    const on = await campaign("enable", "pathDaily", "--project", projectId);
    assert.deepEqual(on, { code: 0, stdout: "pathDaily is switched on: 10 0 * * 1, Asia/Seoul.\n", stderr: "" });
    assert.deepEqual((await override.get()).data(), { title: "Monday", enabled: true });
    assert.match((await startRun(services, due)) ?? "", /^pathDaily~/);
    await functions.settleMessages();
  });

  it("disables a campaign without overrides, and changes nothing else", async () => {
    const { services, projectId } = functions;
    assert.equal((await campaign("disable", "saveLocation", "--project", projectId)).code, 0);
    const overrides = await services.db.collection("campaigns").get();
    assert.deepEqual(
      overrides.docs.map((found) => [found.id, found.data()]),
      [["saveLocation", { enabled: false }]],
    );
  });

  it("prints its usage", async () => {
    assert.match((await campaign("run", "--help")).stdout, /saveLocation[^]*pathDaily/);
    assert.match((await campaign()).stderr, /^Missing command after campaign: /);
    const wrong = [
      ["run"],
      ["run", "nothing"],
      ["disable"],
      ["enable", "nothing"],
      ["disable", "saveLocation", "pathDaily"],
      ["status", "saveLocation"],
      ["status", "--limit", "x"],
      ["status", "--last", "x"],
    ];
    for (const args of wrong) {
      const { code, stderr } = await campaign(...args);
      assert.equal(code, 2, args.join(" "));
      assert.match(stderr, /^[^\n]+\(see --help\)\n$/);
    }
  });
});

describe("a shard with devices that were not reached", () => {
  it("is listed, and sent again to those devices", async () => {
    const tokens = [...(await addAudience(functions, 3)).values()];
    functions.fcm.addFault({ match: { token: tokens[0]! }, status: 403, error_code: "SENDER_ID_MISMATCH" });
    const { services } = functions;
    const runId = (await startRun(services, { campaign: saveLocation, scheduledAt: Date.now() }))!;
    await functions.settleMessages();
    const [failed, ...more] = await findFailedShards(services, Date.now() - 60_000);
    assert.deepEqual(more, []);
    const { failedAt, ...found } = failed!;
    assert.ok(failedAt <= Date.now());
    const codes = { SENDER_ID_MISMATCH: 1 };
    assert.deepEqual(found, { runId, shard: "0", accepted: 2, failed: 1, codes });
    assert.equal(await resendShard(services, { runId, shard: "0" }), true);
    await functions.settleMessages();
    assert.deepEqual(
      tokens.map((token) => pushesTo(functions, token).length),
      [1, 1, 1],
    );
    const run = (await services.db.doc(`campaignRuns/${runId}`).get()).data();
    assert.deepEqual(run?.["counts"], { accepted: 3, unregistered: 0, failed: 0, skipped: 0 });
    assert.deepEqual([run?.["state"], run?.["shardsDone"], run?.["errors"].SENDER_ID_MISMATCH], ["done", 1, 0]);
    assert.deepEqual(await findFailedShards(services, Date.now() - 60_000), []);
    assert.equal(await resendShard(services, { runId, shard: "0" }), false);
    assert.equal(await resendShard(services, { runId: "nobody~1", shard: "0" }), false);
  });
});
