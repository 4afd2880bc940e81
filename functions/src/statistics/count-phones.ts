import type { PhoneCase } from "../rings/verdict/phone-case.ts";
import { clean } from "../rings/verdict/words.ts";
import { addNamed, type Counters } from "./counters.ts";
import { addTallies, emptyTally, tallyOf, type Outcome, type Tally } from "./tally.ts";

/** The name of what an app did not tell. */
const unknown = "unknown";

/** Counts the phones of a ring, all and by what they are. */
export function countPhones(
  cases: readonly PhoneCase[],
  outcome: Outcome | undefined,
): Pick<Counters, "phones" | "models" | "systems"> {
  const models = new Map<string, Tally>();
  const systems = new Map<string, Tally>();
  let phones = emptyTally;
  for (const one of cases) {
    const tally = countPhone(one, outcome);
    phones = addTallies(phones, tally);
    addNamed(models, [[nameModel(one), tally]], addTallies);
    addNamed(systems, [[nameSystem(one), tally]], addTallies);
  }
  return { phones, models, systems };
}

function countPhone(one: PhoneCase, ofRing: Outcome | undefined): Tally {
  const { state } = one.phone;
  const own = state === "answered" || state === "declined" ? state : undefined;
  return tallyOf({
    isReached: wasReached(one),
    isReady: one.wasReady,
    // That another phone took or declined the call says nothing of this one.
    outcome: own ?? (ofRing === "missed" ? ofRing : undefined),
    wakeMs: findWake(one),
  });
}

/** Whether a service took the push of a phone, or the phone has reported. */
export function wasReached({ acceptedAt, heardAt }: PhoneCase): boolean {
  return acceptedAt !== undefined || heardAt !== undefined;
}

/**
 * From the announcement until a phone was ready; `undefined` if it never was. One that was ready too late counts, too:
 * else the percentiles would be those of the quick ones.
 */
export function findWake({ phone: { readyAt }, announcedAt }: PhoneCase): number | undefined {
  // Two instances' clocks may differ by a little.
  return readyAt === undefined ? undefined : Math.max(0, readyAt.toMillis() - announcedAt);
}

function nameModel({ phone: { device } }: PhoneCase): string {
  return clean(device?.model ?? "") || unknown;
}

/** `android 14`: the minor versions would be a long list that says no more. */
function nameSystem({ phone: { device } }: PhoneCase): string {
  if (device === undefined) return unknown;
  const { os = device.platform, osVersion = "" } = device;
  const [major = ""] = /^\d+/.exec(osVersion) ?? [];
  return clean(`${os.toLowerCase()} ${major}`) || unknown;
}
