import { randomUUID } from "node:crypto";
import { compare, orderCalls, type ShownCall, type ShownRing } from "./check.ts";
import type { Answer, Instance } from "./instance.ts";
import { shapes, type Deed, type Life, type Round, type Started } from "./life.ts";
import { linearize } from "./linearize.ts";
import { nothing, type Act, type Heard, type State, type Timed } from "./model.ts";
import { Phone, type KnownCall } from "./phone.ts";
import { pass, type Cell, type Site } from "./site.ts";

const ringMs = 30_000;

/** Longer than a request may hold the right to push for a ring. */
const leaseMs = 10_000;

/** How often a PBX, or a phone that has something to say, repeats what was not answered. */
const attempts = 6;

/** What of an answer is not known before all is quiet: which of its user's calls a phone has answered. */
type Pending = Act | (Timed & { readonly kind: "pending"; readonly callId: string; readonly mayBeLost: boolean });

/** What is going on with the call of one life. */
class Living {
  readonly callId = randomUUID();
  readonly site: Site;
  readonly cell: Cell;
  readonly phones: readonly Phone[];
  readonly log: string[] = [];
  readonly waits: Promise<Answer>[] = [];
  readonly gone = new AbortController();
  states: readonly State[] = [nothing];
  acts: Pending[] = [];
  hasDied = false;
  reactions: Promise<void>[] = [];

  constructor(site: Site, cell: Cell, { eagerness }: Life) {
    this.site = site;
    this.cell = cell;
    this.phones = cell.phones.map(
      ({ uid, deviceId, token }, nth) => new Phone(site.fcm, uid, deviceId, token, eagerness[nth % eagerness.length]!),
    );
  }

  phone(nth: number): Phone | undefined {
    return this.phones[nth % this.phones.length];
  }

  exten(nth: number): string {
    return this.cell.extens[nth % this.cell.extens.length]!;
  }

  #places = 0;

  /** Begins to time something; what it returns ends that. */
  time(): () => Timed {
    const { clock } = this.site;
    const [from, place] = [clock.now(), (this.#places += 1)];
    return () => ({ at: [from, clock.now()], place: [place, (this.#places += 1)] });
  }

  ownerOf = (exten: string) => this.cell.owners.get(exten)!;
}

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

async function runRound(living: Living, round: Round, asks: boolean): Promise<void> {
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

/** Waits until no phone has anything left to say. */
async function quiet(living: Living): Promise<void> {
  while (living.reactions.length > 0) {
    const reactions = living.reactions;
    living.reactions = [];
    await Promise.all(reactions);
  }
}

/** Eager phones say at once what has come. */
async function react(living: Living): Promise<void> {
  await Promise.all(
    living.phones.map(async (phone) => (phone.eagerness === "at once" ? reportNew(living, phone) : undefined)),
  );
}

async function reportNew(living: Living, phone: Phone): Promise<void> {
  phone.read();
  for (const call of phone.calls.values()) {
    if (call.isReported || call.isOver) continue;
    call.isReported = true;
    for (const event of ["received", "ready"]) phone.hear(call, await report(living, phone, call.callId, event, 0));
  }
}

async function report(living: Living, phone: Phone, callId: string, event: string, nth: 0 | 1): Promise<Answer> {
  for (;;) {
    await phone.settled;
    const { uid, deviceId } = phone;
    const answer = await living.site.instances[nth].report(uid, deviceId, callId, event);
    living.log.push(`${phone.home.deviceId} ${event}: ${answer.status} ${JSON.stringify(answer.body)}`);
    if (answer.status === 500) throw new Error(complain(living, "a report was answered 500"), { cause: answer.body });
    // Under the id that it had, the service knows it no longer.
    await phone.settled;
    if (answer.status !== 403 || (phone.uid === uid && phone.deviceId === deviceId)) return answer;
  }
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

async function changePhone(
  living: Living,
  deed: Extract<Deed, { do: "spoil" | "move" | "rename" | "uninstall" }>,
  instance: 0 | 1,
): Promise<(() => Promise<boolean>) | undefined> {
  const phone = living.phone(deed.phone);
  if (phone === undefined) return undefined;
  living.log.push(`${phone.home.deviceId}: ${JSON.stringify(deed)}`);
  const { fcm, instances } = living.site;
  switch (deed.do) {
    case "spoil": {
      phone.isSpoilt ||= deed.delayMs === 0;
      const fault = deed.delayMs > 0 ? { delay_ms: deed.delayMs } : { error_code: "UNAVAILABLE" };
      fcm.addFault({ match: { token: phone.token }, times: deed.times, ...fault });
      return undefined;
    }
    case "uninstall":
      fcm.setState(phone.token, "uninstalled");
      phone.isGone = true;
      for (const call of phone.calls.values()) call.isOver = true;
      return undefined;
    case "move":
      return moveTo(
        living,
        phone,
        living.cell.uids[deed.to % living.cell.uids.length]!,
        phone.deviceId,
        instances[instance],
      );
    case "rename":
      return moveTo(living, phone, phone.uid, `${phone.deviceId}.`, instances[instance]);
  }
}

/** Registers a phone as somebody's, under some id; until that is answered it says nothing. */
async function moveTo(
  living: Living,
  phone: Phone,
  uid: string,
  deviceId: string,
  instance: Instance,
): Promise<(() => Promise<boolean>) | undefined> {
  const { promise, resolve } = Promise.withResolvers<void>();
  phone.settled = promise;
  const again = async () => {
    const isDone = await (instance.isDead ? living.site.instances[0] : instance).register(uid, deviceId, phone.token);
    if (!isDone) return true;
    [phone.uid, phone.deviceId] = [uid, deviceId];
    resolve();
    return false;
  };
  return (await again()) ? again : undefined;
}

function hear(living: Living, { status, body }: Answer): Heard {
  if (status === 200) return body.status === "ended" ? "ended" : "ok";
  if (status === 404 || status === 502) return "nak";
  if (status === 0 || status === 503) return "none";
  throw new Error(complain(living, `an announcement was answered ${status}`));
}

async function announce(
  living: Living,
  deed: Extract<Deed, { do: "announce" }>,
  nth: 0 | 1,
  isAlone: boolean,
): Promise<boolean> {
  const { site, callId } = living;
  const exten = living.exten(deed.exten);
  const uid = living.ownerOf(exten);
  const usable = living.phones.filter((phone) => phone.uid === uid && !phone.isGone);
  const isSure = usable.some(({ isSpoilt, isDoomed }) => !isSpoilt && !isDoomed);
  const isPossible = usable.length > 0;
  const isStill = living.phones.every((phone) => phone.uid === phone.home.uid);
  const done = living.time();
  const body = { call_id: callId, exten, ring_seconds: ringMs / 1000, ...(deed.ring && { ring_id: deed.ring }) };
  const answer = await site.instances[nth].pbx("POST", "/calls", body);
  const heard = hear(living, answer);
  living.log.push(`announce ${exten} ${deed.ring ?? ""}: ${answer.status} ${JSON.stringify(answer.body)}`);
  const certain = { isSure: isSure && isStill, isPossible: isPossible || !isStill };
  const isOnly = isAlone && heard !== "none";
  living.acts.push({
    kind: "announce",
    exten,
    uid,
    ringId: deed.ring,
    ringMs,
    ...done(),
    heard,
    ...certain,
    isAlone: isOnly,
  });
  return heard === "none";
}

async function end(living: Living, deed: Extract<Deed, { do: "end" }>, nth: 0 | 1): Promise<boolean> {
  const { site, callId } = living;
  const exten = deed.exten === undefined ? undefined : living.exten(deed.exten);
  const body = { reason: deed.reason, ...(exten && { exten }), ...(deed.ring && { ring_id: deed.ring }) };
  const done = living.time();
  const { status } = await site.instances[nth].pbx("POST", `/calls/${callId}/end`, body);
  living.log.push(`end ${JSON.stringify(body)}: ${status}`);
  const isHeard = status === 200 || status === 404;
  if (!isHeard && status !== 0 && status !== 503) throw new Error(complain(living, `an end was answered ${status}`));
  living.acts.push({ kind: "end", ringId: deed.ring, exten, reason: deed.reason, ...done(), mayBeLost: !isHeard });
  return !isHeard;
}

async function reportDeed(
  living: Living,
  { phone: nth, event, of }: Extract<Deed, { do: "report" }>,
  instance: 0 | 1,
  isAlone: boolean,
): Promise<(() => Promise<boolean>) | undefined> {
  const phone = living.phone(nth);
  if (phone === undefined) return undefined;
  const call = await findCall(living, phone, of, isAlone ? 1 : 5);
  if (call === undefined) return undefined;
  const mine = phone.calls.get(call.callId);
  if (mine !== undefined && (event === "answered" || event === "declined" || event === "ended")) mine.isStopped = true;
  const again = async () => {
    const done = living.time();
    const { uid } = phone;
    const answer = await report(living, phone, call.callId, event, instance);
    const isHeard = answer.status === 200 || answer.status === 403;
    phone.hear(call, answer);
    // A phone that is changing hands meanwhile may say it as either.
    const isSteady = phone.uid === uid;
    const isOwn = of !== "unknown" && living.ownerOf(call.exten) === phone.uid;
    if (isSteady && isHeard && !isOwn && answer.status !== 403) {
      throw new Error(complain(living, `a report on a ring of another was answered ${answer.status}`));
    }
    if (isSteady && answer.status === 403 && isOwn && !phone.isGone)
      throw new Error(complain(living, "a report on its own ring was refused"));
    if (event === "answered" && (isOwn || !isSteady)) {
      living.acts.push({ kind: "pending", callId: call.callId, ...done(), mayBeLost: !isHeard || !isSteady });
    }
    return !isHeard;
  };
  return (await again()) ? again : undefined;
}

/** The call that a report is of: the phone's last, somebody else's, or one that is none. */
async function findCall(
  living: Living,
  phone: Phone,
  of: "own" | "another's" | "unknown",
  looks: number,
): Promise<KnownCall | undefined> {
  const unknown = { callId: randomUUID(), exten: "" } as KnownCall;
  if (of === "unknown") return unknown;
  for (let left = looks; left > 0; left -= 1) {
    if (left < looks) await pass(4);
    for (const one of living.phones) one.read();
    const last = [...phone.calls.values()].at(-1);
    if (of === "own" && last !== undefined) return last;
    const others = living.phones.filter(({ home }) => home.uid !== phone.home.uid);
    const [other] = others.flatMap(({ calls }) => [...calls.values()]);
    if (of === "another's" && other !== undefined) return other;
  }
  return undefined;
}

/** Compares all that can be seen with what the rules allow. */
async function check(living: Living, asks = true): Promise<void> {
  const { phones, ownerOf } = living;
  for (const phone of phones) phone.read();
  const calls = orderCalls({ phones, ownerOf });
  const acts = living.acts.flatMap((act): Act[] => {
    if (act.kind !== "pending") return [act];
    const [uid, nth] = place(calls, act.callId);
    return [{ ...act, kind: "answer", uid, nth }];
  });
  living.acts = [];
  const done = living.time();
  const shown = asks ? await ask(living) : ("not asked" as const);
  const twice = phones.flatMap(({ calls: own }) => [...own.values()]).find(({ pushes }) => pushes > 1);
  // A repeat cannot know what FCM took from an instance that died before it could put that on record.
  if (twice !== undefined && !living.hasDied) throw new Error(complain(living, `${twice.exten} was pushed twice`));
  const possible = linearize(living.states, acts);
  if (possible.length === 0) throw new Error(complain(living, "the answers fit no order of what was done"));
  const seen = { at: done().at, phones, ownerOf, shown };
  const { agreeing, complaints } = compare(possible, seen);
  if (agreeing.length === 0) throw new Error(complain(living, complaints.join("; or ")));
  living.states = agreeing;
}

async function ask(living: Living): Promise<ShownCall | "unknown"> {
  const { status, body } = await living.site.instances[0].pbx("GET", `/calls/${living.callId}`);
  const rings = (body?.rings as ShownRing[] | undefined)?.map((ring) => Object.values(ring).slice(0, 4).join(" "));
  living.log.push(`GET: ${status} ${body?.status} ${rings?.join(", ")}`);
  if (status !== 200 && status !== 404) throw new Error(complain(living, `GET was answered ${status}`));
  return status === 200 ? body : "unknown";
}

function place(calls: ReadonlyMap<string, readonly string[]>, callId: string): [uid: string, nth: number] {
  for (const [uid, callIds] of calls) if (callIds.includes(callId)) return [uid, callIds.indexOf(callId)];
  throw new Error(`No phone has had a push of ${callId}`);
}

function complain({ log }: Living, what: string): string {
  return `${what}\n${log.join("\n")}`;
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
