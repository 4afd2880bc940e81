import { Firestore } from "@google-cloud/firestore";
import type { Tally } from "../../functions/src/statistics/tally.ts";
import { hourMs, nameDay, nameHour, startOfHour } from "../../functions/src/statistics/hour.ts";
import { projectId } from "./ports.ts";

/** PBXs that exist nowhere: their numbers are invented, so that the console has something to plot. */
const examples = [
  { pbxId: "example-seoul", callsAtNoon: 120 },
  { pbxId: "example-busan", callsAtNoon: 45 },
] as const;

const exampleMs = 14 * 24 * hourMs;
const keptMs = 400 * 24 * hourMs;

/** Of a hundred missed rings, by cause. */
const causesOfMissed: Readonly<Record<string, number>> = {
  not_answered: 46,
  phone_offline: 22,
  app_uninstalled: 11,
  battery_restricted: 9,
  no_connection: 7,
  exten_misspelt: 5,
};

/** Of a hundred phones that were ready, by the bars of the histogram from the twelfth on: a second and more. */
const wakes: readonly number[] = [4, 9, 14, 18, 17, 13, 9, 6, 4, 3, 2, 1];
const firstWake = 12;

/** Writes two weeks of invented statistics. */
export async function seedStatistics(now = Date.now()): Promise<void> {
  const db = new Firestore({ projectId });
  const writer = db.bulkWriter();
  const end = startOfHour(now);
  const countedAt = new Date(now);
  const removeAt = new Date(now + keptMs);
  for (const { pbxId, callsAtNoon } of examples) {
    const days = new Map<string, Record<string, object>>();
    for (let at = end - exampleMs; at < end; at += hourMs) {
      const hour = nameHour(at);
      const counters = inventHour(at, callsAtNoon);
      void writer.set(db.doc(`statistics/${pbxId}~${hour}`), { pbxId, hour, countedAt, counters, removeAt });
      const { rings, phones, causes } = counters;
      const day = nameDay(hour);
      days.set(day, { ...days.get(day), [hour.slice(-2)]: { rings, phones, causes } });
    }
    for (const [day, hours] of days)
      void writer.set(db.doc(`statisticsDays/${pbxId}~${day}`), { pbxId, day, hours, removeAt });
  }
  const counted = new Date(end);
  void writer.set(db.doc("jobs/statistics"), { soon: counted, later: counted, nextDay: counted, last: counted });
  await writer.close();
  await db.terminate();
}

/** A working day in Seoul: few calls at night, many at noon, and fewer at the weekend. */
function inventHour(at: number, callsAtNoon: number) {
  const local = new Date(at + 9 * hourMs);
  const fromNoon = Math.abs(local.getUTCHours() - 13);
  const isWeekend = local.getUTCDay() % 6 === 0;
  const wave = 1 + 0.15 * Math.sin(at / (5 * hourMs));
  const announced = Math.round(callsAtNoon * Math.exp(-((fromNoon / 4.5) ** 2)) * (isWeekend ? 0.3 : 1) * wave);
  const part = (share: number) => Math.round(announced * share * (1 - 0.03 * Math.sin(at / (7 * hourMs))));
  const [reached, ready, answered, declined] = [part(0.96), part(0.9), part(0.74), part(0.04)];
  const missed = announced - answered - declined;
  const wake = [
    ...Array.from({ length: firstWake }, () => 0),
    ...wakes.map((share) => Math.round((ready * share) / 100)),
  ];
  const tally: Tally = { announced, reached, ready, answered, declined, missed, wake };
  return { rings: tally, phones: tally, causes: shareOut(missed), models: [], systems: [] };
}

function shareOut(missed: number) {
  const counts = Object.entries(causesOfMissed).map(([cause, share]) => {
    const count = Math.round((missed * share) / 100);
    return [cause, { missed: count, verdicts: count }] as const;
  });
  return Object.fromEntries(counts);
}
