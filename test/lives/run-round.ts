import type { Round, Started } from "./life.ts";
import type { LifeRun } from "./life-run.ts";
import { announce, end } from "./pbx-actions.ts";
import { changePhone, reportAction } from "./phone-actions.ts";
import { settleReports, reportNew } from "./reports.ts";
import { sleep } from "./site.ts";
import { checkRun } from "./check-run.ts";

/** Longer than a request's claim lasts. */
const claimMs = 10_000;

/** How often a PBX or a phone repeats a request that got no answer. */
export const attempts = 6;

export async function runRound(run: LifeRun, round: Round, asks: boolean): Promise<void> {
  const { site } = run;
  if (round.turnMs > 0) site.clock.turn(round.turnMs);
  run.note(`--- ${round.turnMs} ms later${round.death ? `, ${JSON.stringify(round.death)}` : ""} ${round.fault ?? ""}`);
  markUncertain(run, round);
  const endStall = injectFaults(run, round);
  const repeats: (() => Promise<boolean>)[] = [];
  const under: Promise<void>[] = [];
  const isAlone = round.actions.length === 1 && round.death === undefined;
  for (const started of round.actions) {
    await sleep(started.gapMs);
    const done = perform(run, started, isAlone).then((again) => {
      if (again !== undefined) repeats.push(again);
    });
    // It is awaited below, and may reject before that.
    done.catch(() => undefined);
    under.push(done);
  }
  await Promise.all(under);
  await settleReports(run);
  endStall();
  for (const instance of site.instances) instance.spare();
  if (site.instances.some(({ isDead }) => isDead)) {
    run.hasDied = true;
    // The PBX repeats its requests after the dead request's claim has expired.
    site.clock.turn(claimMs);
    await site.revive();
  }
  for (const again of repeats) {
    for (let left = attempts; left > 0 && (await again()); left -= 1) await settleReports(run);
  }
  await settleReports(run);
  for (const phone of run.phones) if (phone.eagerness === "late") await reportNew(run, phone);
  await checkRun(run, asks);
}

/** Marks the phones that the round changes: their pushes are no longer certain. */
function markUncertain(run: LifeRun, { actions, death }: Round): void {
  for (const { action } of actions) {
    if (!("phone" in action)) continue;
    const phone = run.phone(action.phone);
    if (phone === undefined) continue;
    if (action.do === "move" || action.do === "uninstall") phone.isSure = false;
    if (action.do === "uninstall") phone.isDoomed = true;
    if (action.do === "move") phone.hasMoved = true;
    if (action.do === "move" && death !== undefined) phone.isUnfindable = true;
    if (action.do === "addFault" && action.delayMs === 0)
      [phone.isSure, phone.isExcused, phone.isFaulty] = [false, true, true];
  }
}

/** Starts a round's faults and death; returns the function that ends a stall. */
function injectFaults({ site }: LifeRun, { fault: kind, death }: Round): () => void {
  const { faults } = site.database;
  if (death !== undefined) site.instances[death.instance].dieAt(death);
  const collection = Math.random() < 0.5 ? "rings" : "ends";
  if (kind === "abort") faults.abortNext(collection, 2);
  if (kind === "lose") faults.loseAnswers(collection, 1);
  if (kind !== "stall") return () => undefined;
  const release = faults.stall();
  setTimeout(release, 25);
  return release;
}

/** Performs an action; returns its retry when it got no answer. The retry resolves to true when it got none either. */
async function perform(
  run: LifeRun,
  { action, instance }: Started,
  isAlone: boolean,
): Promise<(() => Promise<boolean>) | undefined> {
  switch (action.do) {
    case "announce": {
      const again = () => announce(run, action, instance, isAlone);
      return (await again()) ? again : undefined;
    }
    case "end": {
      const again = () => end(run, action, instance);
      return (await again()) ? again : undefined;
    }
    case "report":
      return reportAction(run, action, instance, isAlone);
    case "wait": {
      const query = new URLSearchParams({ wait_seconds: "25" });
      if (action.exten !== undefined) query.set("exten", run.exten(action.exten));
      if (action.ring !== undefined) query.set("ring_id", action.ring);
      const path = `/calls/${run.callId}?${query.toString()}`;
      run.waits.push(run.site.instances[instance].pbx("GET", path, undefined, run.gone.signal));
      return undefined;
    }
    case "clearFaults":
      run.site.fcm.clearFaults();
      for (const phone of run.phones) phone.isFaulty = false;
      return undefined;
    case "addFault":
    case "move":
    case "rename":
    case "uninstall":
      return changePhone(run, action, instance);
  }
}
