import type { Round, Started } from "./life.ts";
import type { Living } from "./living.ts";
import { announce, end } from "./pbx-deeds.ts";
import { changePhone, reportDeed } from "./phone-deeds.ts";
import { quiet, reportNew } from "./reports.ts";
import { pass } from "./site.ts";
import { check } from "./watch.ts";

/** Longer than a request may hold the right to push for a ring. */
const leaseMs = 10_000;

/** How often a PBX, or a phone that has something to say, repeats what was not answered. */
export const attempts = 6;

export async function runRound(living: Living, round: Round, asks: boolean): Promise<void> {
  const { site } = living;
  if (round.turnMs > 0) site.clock.turn(round.turnMs);
  living.log.push(
    `--- ${round.turnMs} ms later${round.death ? `, ${JSON.stringify(round.death)}` : ""} ${round.trouble ?? ""}`,
  );
  unsettle(living, round);
  const calm = stir(living, round);
  const repeats: (() => Promise<boolean>)[] = [];
  const under: Promise<void>[] = [];
  const isAlone = round.deeds.length === 1 && round.death === undefined;
  for (const started of round.deeds) {
    await pass(started.gapMs);
    const done = perform(living, started, isAlone).then((again) => {
      if (again !== undefined) repeats.push(again);
    });
    // It is awaited below, and may fail before that.
    done.catch(() => undefined);
    under.push(done);
  }
  await Promise.all(under);
  await quiet(living);
  calm();
  for (const instance of site.instances) instance.spare();
  if (site.instances.some(({ isDead }) => isDead)) {
    living.hasDied = true;
    // The PBX asks again when it has waited long enough.
    site.clock.turn(leaseMs);
    await site.revive();
  }
  for (const again of repeats) {
    for (let left = attempts; left > 0 && (await again()); left -= 1) await quiet(living);
  }
  await quiet(living);
  for (const phone of living.phones) if (phone.eagerness === "late") await reportNew(living, phone);
  await check(living, asks);
}

/** Whoever is about to be touched is no longer sure. */
function unsettle(living: Living, { deeds }: Round): void {
  for (const { deed } of deeds) {
    if (!("phone" in deed)) continue;
    const phone = living.phone(deed.phone);
    if (phone === undefined) continue;
    if (deed.do === "move" || deed.do === "uninstall") phone.isSure = false;
    if (deed.do === "uninstall") phone.isDoomed = true;
    if (deed.do === "move") phone.hasMoved = true;
    if (deed.do === "spoil" && deed.delayMs === 0)
      [phone.isSure, phone.isExcused, phone.isSpoilt] = [false, true, true];
  }
}

/** Brings a round's trouble, and returns what ends it. */
function stir({ site }: Living, { trouble: kind, death }: Round): () => void {
  const { trouble } = site.database;
  if (death !== undefined) site.instances[death.instance].dieAt(death);
  const collection = Math.random() < 0.5 ? "rings" : "ends";
  if (kind === "abort") trouble.abortNext(collection, 2);
  if (kind === "lose") trouble.loseAnswers(collection, 1);
  if (kind !== "stall") return () => undefined;
  const release = trouble.stall();
  setTimeout(release, 25);
  return release;
}

/** Does a deed; returns what does it again when it was not answered, and tells whether that was answered neither. */
async function perform(
  living: Living,
  { deed, instance }: Started,
  isAlone: boolean,
): Promise<(() => Promise<boolean>) | undefined> {
  switch (deed.do) {
    case "announce": {
      const again = () => announce(living, deed, instance, isAlone);
      return (await again()) ? again : undefined;
    }
    case "end": {
      const again = () => end(living, deed, instance);
      return (await again()) ? again : undefined;
    }
    case "report":
      return reportDeed(living, deed, instance, isAlone);
    case "wait": {
      const query = new URLSearchParams({ wait_seconds: "25" });
      if (deed.exten !== undefined) query.set("exten", living.exten(deed.exten));
      if (deed.ring !== undefined) query.set("ring_id", deed.ring);
      const path = `/calls/${living.callId}?${query.toString()}`;
      living.waits.push(living.site.instances[instance].pbx("GET", path, undefined, living.gone.signal));
      return undefined;
    }
    case "mend":
      living.site.fcm.clearFaults();
      for (const phone of living.phones) phone.isSpoilt = false;
      return undefined;
    case "spoil":
    case "move":
    case "rename":
    case "uninstall":
      return changePhone(living, deed, instance);
  }
}
