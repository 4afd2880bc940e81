import { shapes, type Life } from "./life.ts";
import { complain, Living } from "./living.ts";
import { end } from "./pbx-deeds.ts";
import { quiet, react } from "./reports.ts";
import { attempts, runRound } from "./round.ts";
import { pass, type Site } from "./site.ts";
import { check } from "./watch.ts";

/**
 * Lives a life, and throws with what was done and seen when that is not as the rules have it. Unless `asks` says otherwise the
 * service is asked how the call stands after every round, and not only at the end.
 */
export async function live(site: Site, life: Life, asks = true): Promise<void> {
  const cell = await site.cell(life.shape);
  const living = new Living(site, cell, life);
  const { trouble } = site.database;
  trouble.delay = () => Math.random() * life.firestoreMs;
  trouble.abortsContended = life.abortsContended;
  site.onSent = () => {
    const reaction = react(living);
    reaction.catch(() => undefined);
    living.reactions.push(reaction);
  };
  try {
    for (const round of life.rounds) await runRound(living, round, asks);
    await check(living);
    await finish(living);
  } finally {
    living.gone.abort();
    await Promise.allSettled(living.waits);
    await restore(living);
  }
}

/** The caller hangs up: no phone rings, and nobody listens. */
async function finish(living: Living): Promise<void> {
  const { site, phones } = living;
  site.fcm.clearFaults();
  site.database.trouble.clear();
  let isUnheard = true;
  for (let left = attempts; left > 0 && isUnheard; left -= 1) {
    isUnheard = await end(living, { do: "end", exten: undefined, ring: undefined, reason: "cancelled" }, 0);
  }
  if (isUnheard) throw new Error(complain(living, "the last end was never answered"));
  for (const phone of phones) phone.isExcused = false;
  await quiet(living);
  await check(living);
  const waited = await Promise.race([Promise.all(living.waits), pass(2000)]);
  if (waited === undefined) throw new Error(complain(living, "a wait was held after the call's end"));
  const wrong = waited.find(({ status }) => status >= 500 && status !== 503);
  if (wrong !== undefined) throw new Error(complain(living, `a wait was answered ${wrong.status}`));
  if (site.database.listeners() > 0) await pass(100);
  if (site.database.listeners() > 0) throw new Error(complain(living, "a listener was left open"));
}

/** Gives every phone back to whom it belonged. */
async function restore({ site, cell, phones }: Living): Promise<void> {
  site.onSent = () => undefined;
  site.database.trouble.clear();
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

/** What a life looks like to a reader. */
export function describeLife(life: Life): string {
  return JSON.stringify({ ...life, shape: shapes[life.shape] });
}
