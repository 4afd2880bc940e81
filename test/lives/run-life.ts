import { shapes, type Life } from "./life.ts";
import { describeFailure, LifeRun } from "./life-run.ts";
import { end } from "./pbx-actions.ts";
import { settleReports, react } from "./reports.ts";
import { attempts, runRound } from "./run-round.ts";
import { sleep, type Site } from "./site.ts";
import { checkRun } from "./check-run.ts";

/**
 * Runs a life; throws the log of all actions and answers when an observation breaks the rules. With `asks` the call's status
 * is checked after every round, otherwise only at the end.
 */
export async function runLife(site: Site, life: Life, asks = true): Promise<void> {
  const cell = await site.cell(life.shape);
  const run = new LifeRun(site, cell, life);
  const { faults } = site.database;
  faults.delay = () => Math.random() * life.firestoreMs;
  faults.abortsContended = life.abortsContended;
  site.onSent = () => {
    const reaction = react(run);
    reaction.catch(() => undefined);
    run.reactions.push(reaction);
  };
  try {
    for (const round of life.rounds) await runRound(run, round, asks);
    await checkRun(run);
    await finish(run);
  } finally {
    run.gone.abort();
    await Promise.allSettled(run.waits);
    await restore(run);
  }
}

/** The caller hangs up: no phone may ring, and no listener may be open. */
async function finish(run: LifeRun): Promise<void> {
  const { site, phones } = run;
  site.fcm.clearFaults();
  site.database.faults.clear();
  let isUnheard = true;
  for (let left = attempts; left > 0 && isUnheard; left -= 1) {
    isUnheard = await end(run, { do: "end", exten: undefined, ring: undefined, reason: "cancelled" }, 0);
  }
  if (isUnheard) throw new Error(describeFailure(run, "the last end was never answered"));
  for (const phone of phones) phone.isExcused = false;
  await settleReports(run);
  await checkRun(run);
  const waited = await Promise.race([Promise.all(run.waits), sleep(2000)]);
  if (waited === undefined) throw new Error(describeFailure(run, "a wait was held after the call's end"));
  const wrong = waited.find(({ status }) => status >= 500 && status !== 503);
  if (wrong !== undefined) throw new Error(describeFailure(run, `a wait was answered ${wrong.status}`));
  if (site.database.listeners() > 0) await sleep(100);
  if (site.database.listeners() > 0) throw new Error(describeFailure(run, "a listener was left open"));
}

/** Gives every phone back to its first owner. */
async function restore({ site, cell, phones }: LifeRun): Promise<void> {
  site.onSent = () => undefined;
  site.database.faults.clear();
  site.fcm.clearFaults();
  await site.revive();
  site.fcm.clearMessages();
  for (const [nth, phone] of phones.entries()) {
    const { uid, deviceId } = phone.home;
    if (phone.uid === uid && phone.deviceId === deviceId && !phone.isGone) continue;
    if (phone.isGone) cell.phones[nth]!.token = site.fcm.createRegistration().token;
    await site.instances[0].register(uid, deviceId, cell.phones[nth]!.token);
  }
}

/** A life as one line of JSON, for the failure message. */
export function describeLife(life: Life): string {
  return JSON.stringify({ ...life, shape: shapes[life.shape] });
}
