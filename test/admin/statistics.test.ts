import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { systemClock } from "../../functions/src/clock.ts";
import { createTestClock } from "../support/clock.ts";
import { alice, startFunctions } from "../support/functions.ts";
import { addLine, call, callId, resetState } from "../support/line.ts";
import { ops } from "./run-ops.ts";

const functions = await startFunctions();
const { services } = functions;
after(async () => {
  Object.assign(services, { clock: systemClock });
  await functions.close();
});

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Not yet over by the clock of FCM's client, which is real: else it sends no push. */
const midnight = Math.ceil(Date.now() / dayMs) * dayMs;
const hour = midnight + 5 * hourMs;
const [day, nextDay] = [midnight, midnight + dayMs].map((ms) => new Date(ms).toISOString().slice(0, 10)) as [
  string,
  string,
];
const clock = createTestClock(hour + 50 * 60_000);

const stats = (...args: string[]) => ops(["stats", ...args, "--project", functions.projectId], services);

before(async () => {
  Object.assign(services, { clock });
  await resetState(functions);
  const [token] = await addLine(functions, 2);
  await functions.pbx("POST", "/calls", call);
  clock.advance(1500);
  await functions.call("reportCall", alice, { callId, deviceId: "phone-1", event: "ready" });
  clock.advance(2000);
  await functions.pbx("POST", `/calls/${call.call_id}/end`, { dialstatus: "ANSWER" });
  // In the next hour, and on the next day in Seoul.
  clock.advance(10 * hourMs);
  functions.fcm.setState(token!, "uninstalled");
  await functions.pbx("POST", "/calls", { ...call, call_id: "missed" });
  clock.advance(hourMs);
  assert.equal((await functions.runSchedule("statistics")).status, 200);
});

describe("stats", () => {
  it("prints how many rings came how far, their shares, and how fast phones woke", async () => {
    const { code, out, err } = await stats();
    assert.equal(code, 0, err);
    assert.equal(
      out,
      [
        "announced  reached      ready       answered    declined   missed      wake p50  wake p95",
        "2          2 (100.0 %)  1 (50.0 %)  1 (50.0 %)  0 (0.0 %)  1 (50.0 %)  1.4 s     1.5 s",
        "",
      ].join("\n"),
    );
    assert.match(err, new RegExp(`^The rings since ${nextDay} 01:00 are not counted yet`));
  });

  it("prints JSON and CSV with the same numbers", async () => {
    const { json } = await stats("--json");
    const row = { announced: 2, reached: 2, ready: 1, answered: 1, declined: 0, missed: 1 };
    const rates = { reachedRate: 1, readyRate: 0.5, answeredRate: 0.5, declinedRate: 0, missedRate: 0.5 };
    assert.deepEqual(json, [{ ...row, ...rates, wakeP50Ms: 1350, wakeP95Ms: 1485 }]);
    const { out } = await stats("--csv");
    const cells = [...Object.values(row), ...Object.values(rates), 1350, 1485].join(",");
    assert.equal(out, `${Object.keys(json[0] as object).join(",")}\r\n${cells}\r\n`);
  });

  it("groups by PBX, hour, day, model, system and reason", async () => {
    const rows = async (by: string, ...args: string[]) =>
      (await stats("--by", by, "--json", ...args)).json.map((row: any) => [row[by], row.announced ?? row.missed]);
    assert.deepEqual(await rows("pbx"), [["pbx-1", 2]]);
    assert.deepEqual(await rows("hour", "--time-zone", "UTC"), [
      [`${day} 05:00`, 1],
      [`${day} 15:00`, 1],
    ]);
    assert.deepEqual(await rows("day", "--time-zone", "UTC"), [[day, 2]]);
    assert.deepEqual(await rows("day", "--time-zone", "Asia/Seoul"), [
      [day, 1],
      [nextDay, 1],
    ]);
    assert.deepEqual(await rows("model"), [["unknown", 4]]);
    assert.deepEqual(await rows("os"), [["android", 4]]);
    const { json } = await stats("--by", "reason", "--json");
    assert.deepEqual(json[0], { reason: "phone_offline", missed: 1, missedShare: 1, verdicts: 1 });
    assert.deepEqual(
      json
        .slice(1)
        .map(({ reason }: any) => reason)
        .toSorted(),
      ["answered_elsewhere", "app_uninstalled"],
    );
  });

  it("takes a time span in whole hours, and one PBX", async () => {
    const announced = async (...args: string[]) =>
      (await stats("--json", ...args)).json.map((row: any) => row.announced);
    assert.deepEqual(await announced("--since", `${day}T05:59:00Z`), [2]);
    assert.deepEqual(await announced("--since", `${day}T06:00:00Z`), [1]);
    assert.deepEqual(await announced("--until", `${day}T14:59:00Z`), [1]);
    assert.deepEqual(
      await announced("--pbx", "pbx-1", "--since", `${day}T05:00:00Z`, "--until", `${day}T05:10:00Z`),
      [1],
    );
    assert.deepEqual(await announced("--pbx", "pbx"), []);
    assert.equal((await stats("--pbx", "pbx")).out, "No rings were counted in that time.\n");
  });

  it("refuses what it does not know", async () => {
    for (const args of [
      ["--by", "colour"],
      ["--since", "yesterday"],
      ["--since", "1h", "--until", "2h"],
      ["--time-zone", "Nowhere"],
      ["--pbx", "pbx/1"],
      ["--pbx", "x".repeat(1600)],
      ["--pbx", "", "--by", "model"],
    ]) {
      assert.equal((await stats(...args)).code, 2, args.join(" "));
      assert.equal((await stats(...args, "--json")).json.error.code, "wrong_usage");
    }
  });
});
