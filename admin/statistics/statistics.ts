import { addCauses, addNamed, type CauseCount } from "../../functions/src/statistics/counters.ts";
import type { Hour } from "../../functions/src/statistics/find-statistics.ts";
import { hourMs, parseHour } from "../../functions/src/statistics/hour.ts";
import { countersOf, type StatisticsDocument } from "../../functions/src/statistics/statistics-document.ts";
import { addTallies, type Tally } from "../../functions/src/statistics/tally.ts";
import { tellInstantsIn, tellOffset } from "../command/wall-time.ts";

/** By what the numbers can be grouped. */
export const groupings = ["pbx", "model", "os", "hour", "day", "reason"] as const;
export type Grouping = (typeof groupings)[number];

/** Adds up hours as they are read: a year is never in memory. */
export class Statistics {
  readonly #by: Grouping | undefined;
  readonly #timeZone: string;
  readonly #tell: (ms: number) => string;
  readonly #tallies = new Map<string, Tally>();
  readonly #causes = new Map<string, CauseCount>();

  constructor(by: Grouping | undefined, timeZone: string) {
    this.#by = by;
    this.#timeZone = timeZone;
    this.#tell = tellInstantsIn(timeZone);
  }

  /** Adds some hours; those that are grouped by model or system need what phones they were. */
  add(hours: readonly (Hour | StatisticsDocument)[]): void {
    for (const hour of hours) {
      const { rings, causes, models, systems } = countersOf(hour);
      if (this.#by === "reason") addNamed(this.#causes, causes, addCauses);
      else if (this.#by === "model") addNamed(this.#tallies, models, addTallies);
      else if (this.#by === "os") addNamed(this.#tallies, systems, addTallies);
      else addNamed(this.#tallies, [[this.#nameOf(hour), rings]], addTallies);
    }
  }

  #nameOf({ pbxId, hour }: Hour): string {
    if (this.#by === "pbx") return pbxId;
    if (this.#by === undefined) return "all";
    const at = parseHour(hour);
    const name = this.#tellMinute(at);
    if (this.#by === "day") return name.slice(0, "2026-11-28".length);
    // In the night in which clocks are put back, two hours have one name.
    return name === this.#tellMinute(at - hourMs) ? `${name} ${tellOffset(at, this.#timeZone)}` : name;
  }

  #tellMinute(at: number): string {
    return this.#tell(at).slice(0, "2026-11-28 05:00".length);
  }

  /** The numbers by name: hours and days in their order, others by their number. A name without a ring is left out. */
  get tallies(): readonly (readonly [string, Tally])[] {
    const isTime = this.#by === "hour" || this.#by === "day";
    return [...this.#tallies]
      .filter(([, { announced }]) => announced > 0)
      .toSorted(([name, one], [otherName, other]) => {
        return (isTime ? 0 : other.announced - one.announced) || (name < otherName ? -1 : 1);
      });
  }

  /** The causes, the most frequent of missed rings first. */
  get causes(): readonly (readonly [string, CauseCount])[] {
    return [...this.#causes].toSorted(([name, one], [otherName, other]) => {
      return other.missed - one.missed || other.verdicts - one.verdicts || (name < otherName ? -1 : 1);
    });
  }
}
