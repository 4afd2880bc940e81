import { setTimeout as delay } from "node:timers/promises";
import { findRings } from "../../functions/src/rings/find-rings.ts";
import type { StoredRing } from "../../functions/src/rings/ring.ts";
import type { FaultScript } from "../../packages/push-emulator/src/fault-script.ts";
import { demoKey } from "../support/functions.ts";
import { Dialplan } from "./dialplan.ts";
import { Phone } from "./phone.ts";
import { startSite, type Site, type SiteOptions } from "./site.ts";
import type { SharedServices } from "./shared-services.ts";

/** Options of a scenario's setup. */
export interface SetupOptions {
  /** Options of the scenario's instance of `pbx`. */
  readonly site?: SiteOptions;
  /** How many phones the exten has; 1 by default. */
  readonly phones?: number;
  /** Whether they are iPhones with a VoIP token; by default they have Android. */
  readonly areIphones?: boolean;
  /** Their ring time; 30 seconds by default. */
  readonly ringSeconds?: number;
  /** Whether the PBX names the ring; it does by default. */
  readonly isRingNamed?: boolean;
}

/** A scenario's own exten with phones, a call to it, and an instance of `pbx` behind its own proxies. */
export interface Setup {
  readonly shared: SharedServices;
  readonly site: Site;
  readonly exten: string;
  readonly callId: string;
  readonly ringSeconds: number;
  readonly phones: readonly [Phone, ...Phone[]];
  readonly pbx: Dialplan;
  /** Starts another instance of a function; it is stopped with the scenario. */
  readonly startSite: (options?: SiteOptions) => Promise<Site>;
  /** A dialplan with the same call and other base URLs. */
  readonly dialplan: (...urls: readonly string[]) => Dialplan;
  /** Scripts FCM's or APNs' response to the next sends to a phone, by default the first. */
  readonly addFault: (fault: FaultScript, phone?: Phone) => void;
  /** Reads the recorded ring. */
  readonly ring: () => Promise<StoredRing | undefined>;
  /** Sends one request to the PBX's API, without retries. */
  readonly request: (method: string, path: string, body?: object) => Promise<{ status: number; body: any }>;
  /** Registers a callback for `close`. */
  readonly onClose: (close: () => Promise<void>) => void;
  readonly close: () => Promise<void>;
}

let calls = 0;

/** The caller. No log may contain this data. */
export const caller = { callerId: "01087654321", callerName: "홍길동" };

/** Sets up a scenario, without its fault. */
export async function startSetup(
  shared: SharedServices,
  { site: options, phones = 1, areIphones = false, ringSeconds = 30, isRingNamed = true }: SetupOptions,
): Promise<Setup> {
  const { person, exten } = shared.nextPerson();
  calls += 1;
  const callId = `${Math.floor(Date.now() / 1000)}.${calls}`;
  const closers: (() => Promise<void>)[] = [];
  const open = async (wanted?: SiteOptions) => {
    const site = await startSite(shared, wanted);
    closers.push(async () => site.close());
    return site;
  };
  const site = await open(options);
  const { db, fcm } = shared.surroundings;
  const request = async (method: string, path: string, body?: object) => {
    const headers = { authorization: `Bearer ${demoKey}`, "content-type": "application/json" };
    const sent = body && { body: JSON.stringify(body) };
    const response = await fetch(site.instance.url + path, { method, headers, ...sent });
    return { status: response.status, body: await response.json() };
  };
  const given = await request("PUT", `/lines/${exten}`, { uid: person.uid });
  if (given.status !== 200) throw new Error(`Setup failed: ${JSON.stringify(given)}`);
  const [first, ...others] = Array.from(
    { length: phones },
    (_, nth) => new Phone(shared, person, `${exten}-${nth + 1}`, areIphones),
  );
  if (first === undefined) throw new Error("A scenario needs a phone");
  for (const phone of [first, ...others]) await phone.register();
  const name = isRingNamed ? { ringId: `${callId}-${Date.now()}` } : {};
  const dialplan = (...urls: readonly string[]) =>
    new Dialplan(urls, { callId, ...name, exten, ringSeconds, ...caller });
  return {
    shared,
    site,
    exten,
    callId,
    ringSeconds,
    phones: [first, ...others],
    pbx: dialplan(site.instance.url),
    startSite: open,
    dialplan,
    addFault: (fault, phone = first) => void fcm.addFault({ ...fault, match: { token: phone.token } }),
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

/** Resolves when the condition holds; rejects after 30 seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const by = Date.now() + longestWaitMs;
  while (!(await condition())) {
    if (Date.now() > by) throw new Error(`Timed out waiting for ${condition.toString()}`);
    await delay(pollMs);
  }
}
