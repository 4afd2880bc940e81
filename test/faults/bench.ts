import { setTimeout as delay } from "node:timers/promises";
import { findRings } from "../../functions/src/rings/find-rings.ts";
import type { StoredRing } from "../../functions/src/rings/ring.ts";
import type { FaultScript } from "../../packages/push-emulator/src/fault-script.ts";
import { demoKey } from "../support/functions.ts";
import { Dialplan } from "./dialplan.ts";
import { Phone } from "./phone.ts";
import { startSite, type Site, type SiteOptions } from "./site.ts";
import type { World } from "./world.ts";

/** How the stage of a scenario is set up. */
export interface BenchOptions {
  /** How the instance of `pbx` differs from others. */
  readonly site?: SiteOptions;
  /** How many phones the exten has; 1 by default. */
  readonly phones?: number;
  /** For how long they ring; 30 seconds by default. */
  readonly ringSeconds?: number;
  /** Whether the PBX names the ring; it does by default. */
  readonly isRingNamed?: boolean;
}

/** What a scenario happens on: an exten with phones of its own, a call to it, and an instance of `pbx` on lines of its own. */
export interface Bench {
  readonly world: World;
  readonly site: Site;
  readonly exten: string;
  readonly callId: string;
  readonly ringSeconds: number;
  readonly phones: readonly [Phone, ...Phone[]];
  readonly pbx: Dialplan;
  /** Another instance of a function; it ends with the scenario. */
  readonly startSite: (options?: SiteOptions) => Promise<Site>;
  /** The same call, posted to other base URLs. */
  readonly dialplan: (...urls: readonly string[]) => Dialplan;
  /** Scripts what FCM does to the next sends to a phone, the first unless another is named. */
  readonly spoil: (fault: FaultScript, phone?: Phone) => void;
  /** The ring as it is on record. */
  readonly ring: () => Promise<StoredRing | undefined>;
  /** A plain request to the PBX's API. */
  readonly request: (method: string, path: string, body?: object) => Promise<{ status: number; body: any }>;
  /** Adds to what `close` does. */
  readonly onClose: (close: () => Promise<void>) => void;
  readonly close: () => Promise<void>;
}

let calls = 0;

/** Who calls: words that no log may have. */
export const caller = { callerId: "01087654321", callerName: "홍길동" };

/** Sets a scenario up, before anything goes wrong. */
export async function startBench(
  world: World,
  { site: options, phones = 1, ringSeconds = 30, isRingNamed = true }: BenchOptions,
): Promise<Bench> {
  const { person, exten } = world.nextPerson();
  calls += 1;
  const callId = `${Math.floor(Date.now() / 1000)}.${calls}`;
  const closers: (() => Promise<void>)[] = [];
  const open = async (wanted?: SiteOptions) => {
    const site = await startSite(world, wanted);
    closers.push(async () => site.close());
    return site;
  };
  const site = await open(options);
  const { db, fcm } = world.surroundings;
  const request = async (method: string, path: string, body?: object) => {
    const headers = { authorization: `Bearer ${demoKey}`, "content-type": "application/json" };
    const sent = body && { body: JSON.stringify(body) };
    const response = await fetch(site.instance.url + path, { method, headers, ...sent });
    return { status: response.status, body: await response.json() };
  };
  const given = await request("PUT", `/lines/${exten}`, { uid: person.uid });
  if (given.status !== 200) throw new Error(`The stage could not be set: ${JSON.stringify(given)}`);
  const [first, ...others] = Array.from(
    { length: phones },
    (_, nth) => new Phone(world, person, `${exten}-${nth + 1}`),
  );
  if (first === undefined) throw new Error("A scenario has a phone");
  for (const phone of [first, ...others]) await phone.register();
  const name = isRingNamed ? { ringId: `${callId}-${Date.now()}` } : {};
  const dialplan = (...urls: readonly string[]) =>
    new Dialplan(urls, { callId, ...name, exten, ringSeconds, ...caller });
  return {
    world,
    site,
    exten,
    callId,
    ringSeconds,
    phones: [first, ...others],
    pbx: dialplan(site.instance.url),
    startSite: open,
    dialplan,
    spoil: (fault, phone = first) => void fcm.addFault({ ...fault, match: { token: phone.token } }),
    ring: async () => (await findRings({ db }, { pbxId: "pbx-1", linkedId: callId, exten })).at(-1),
    request,
    onClose: (close) => void closers.push(close),
    close: async () => {
      await Promise.all(closers.map(async (each) => each()));
    },
  };
}

const pollMs = 20;
const longestWaitMs = 30_000;

/** Resolves soon after the condition holds; rejects when it does not within half a minute. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const by = Date.now() + longestWaitMs;
  while (!(await condition())) {
    if (Date.now() > by) throw new Error(`It was waited in vain for ${condition.toString()}`);
    await delay(pollMs);
  }
}
