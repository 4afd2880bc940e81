import { randomUUID } from "node:crypto";
import { FieldValue, Timestamp, type Firestore, type WriteBatch } from "firebase-admin/firestore";
import { TryAgain } from "../errors.ts";
import { hasStatus } from "../firestore/status.ts";
import type { Services } from "../services.ts";
import { settleWithin } from "../settle-within.ts";
import { applyConsequences, type Group } from "./group.ts";
import { isUntold } from "./phone-state.ts";
import { readStored, ringRef, type Ring, type StoredRing } from "./ring.ts";

/** A change to a group of rings; it is pure, because it may run several times. */
export type Change = (group: Group, now: number) => Group;

/** A group after a change. */
export interface Changed {
  readonly group: Group;
  /** The phones that only this request must tell to stop. */
  readonly toTell: readonly string[];
}

/** Options of a change. */
export interface ChangeOptions {
  /** The ring as this request has just written or read it; this saves a read. */
  readonly known?: StoredRing;
  /** A ring outside the group that is changed with it. */
  readonly also?: string;
  /**
   * Adds conditions to the write. A condition that a document must not exist rejects with ALREADY_EXISTS if it does.
   */
  readonly require?: (batch: WriteBatch) => void;
  /** Whether this request can tell phones to stop; if not, another request gets the right to do so. */
  readonly tells?: boolean;
  /** Deadline, in milliseconds since the epoch. */
  readonly until?: number;
}

/** Placeholder for Firestore's time of the write. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- replaced by the real time as soon as that is known
export const timeOfWrite = FieldValue.serverTimestamp() as unknown as Timestamp;

/** How long contention may last before {@link TryAgain}, in milliseconds. */
const contentionMs = 4000;

/**
 * How long a request has the sole right to tell phones to stop, in milliseconds: long enough for a send that FCM
 * answers. After that another request may tell them, well before the PBX gives up. If both pushes arrive, the second
 * has no effect on the phone.
 */
const tellMs = 5000;

/** One change of a batch, and the id of its request. */
interface Wanted {
  readonly change: Change;
  readonly by: string;
  readonly options: ChangeOptions;
}

/**
 * Changes a ring together with those that share its phones, and returns the result; `undefined` if the ring does not
 * exist. Changes that arrive in this instance while one is running form a batch. Throws {@link TryAgain} on timeout.
 */
export async function changeRing(
  services: Services,
  ringId: string,
  change: Change,
  options: ChangeOptions = {},
): Promise<Changed | undefined> {
  const wanted: Wanted = { change, by: randomUUID(), options };
  const changeAll = async (all: readonly Wanted[]) => changeTogether(services, ringId, all);
  // A change with conditions, or with a ring outside the group, is never part of a batch.
  if (options.require !== undefined || options.also !== undefined) return (await changeAll([wanted]))[0];
  return services.batcher.add(ringId, wanted, changeAll);
}

/**
 * Reads the group, and writes it on the condition that no other request has written since. If one has, or if Firestore
 * aborts, it retries after a random wait. A transaction would do the same, but wait for a second each time.
 */
async function changeTogether(
  services: Services,
  ringId: string,
  all: readonly Wanted[],
): Promise<readonly (Changed | undefined)[]> {
  const { db, clock } = services;
  const [first] = all;
  const known = all.length === 1 ? first?.options.known : undefined;
  const also = all.flatMap(({ options }) => options.also ?? []);
  const until = Math.max(...all.map(({ options }) => options.until ?? clock.now() + contentionMs));
  const attempt = async (start: { readonly known?: StoredRing }) => {
    const before = await readGroup(db, ringId, { also, ...start });
    if (before === undefined) return { group: undefined };
    return { group: await writeGroup(db, before, applyAll(before, all, clock.now()), first?.options.require) };
  };
  for (let failures = 0; ; failures += 1) {
    try {
      const start = failures === 0 && known !== undefined ? { known } : {};
      // The SDK itself retries an aborted write for a minute, and other changes must not wait for that. The last try
      // gets its full time too.
      const done = await settleWithin(attempt(start), Math.max(until - clock.now(), contentionMs));
      if (done === undefined) throw new TryAgain("Firestore took too long to change the ring; retry the same request");
      const { group } = done;
      return all.map(({ by }) => group && { group, toTell: findOwn(group, by) });
    } catch (error) {
      // NOT_FOUND: a ring of the group was erased since it was read.
      if (!hasStatus(error, "FAILED_PRECONDITION", "ABORTED", "NOT_FOUND")) throw error;
      if (clock.now() >= until) throw new TryAgain("The ring is being changed by too many requests", { cause: error });
      await clock.sleep(chooseWait(failures));
    }
  }
}

function applyAll(before: Group, all: readonly Wanted[], now: number): Group {
  const until = Timestamp.fromMillis(now + tellMs);
  return all.reduce((group, { change, by, options: { tells = true } }) => {
    return applyConsequences(change(group, now), now, tells ? { by, until } : undefined);
  }, before);
}

/** Full jitter: a random wait between 20 ms and a ceiling that grows with each failure. */
function chooseWait(failures: number): number {
  return 20 + Math.random() * Math.min(30 * (failures + 1), 400);
}

/**
 * Reads a ring and those that share its phones, with the one that the phones know first; `also` names rings to read
 * with them.
 */
export async function readGroup(
  db: Firestore,
  ringId: string,
  { also = [], known }: { readonly also?: readonly string[]; readonly known?: StoredRing } = {},
): Promise<Group | undefined> {
  const leader = known ?? readStored(await ringRef(db, ringId).get());
  if (leader === undefined) return undefined;
  if (leader.ring.joined !== undefined) return readGroup(db, leader.ring.joined, { also });
  const others = [...new Set([...(leader.ring.leads ?? []), ...also])].filter((id) => id !== leader.id);
  if (others.length === 0) return [leader];
  const members = await db.getAll(...others.map((id) => ringRef(db, id)));
  return [leader, ...members.flatMap((member) => readStored(member) ?? [])];
}

async function writeGroup(
  db: Firestore,
  before: Group,
  after: Group,
  require: ChangeOptions["require"],
): Promise<Group> {
  const fields = new Map(after.map(({ id, ring }, index) => [id, buildFields(before[index]?.ring, ring)]));
  const fieldsOf = ({ id }: StoredRing) => fields.get(id) ?? {};
  // A change whose response was lost is applied again, and finds that some rings are as it wants them.
  const changed = after.filter((member) => Object.keys(fieldsOf(member)).length > 0);
  if (changed.length === 0) return after;
  const batch = db.batch();
  require?.(batch);
  // The phones' states depend on the whole group, so no ring of it may have changed. These writes change nothing; they
  // only check that.
  for (const { id, ring, updateTime } of after.filter((member) => !changed.includes(member))) {
    batch.update(ringRef(db, id), { callKey: ring.callKey }, { lastUpdateTime: updateTime });
  }
  for (const member of changed) {
    batch.update(ringRef(db, member.id), fieldsOf(member), { lastUpdateTime: member.updateTime });
  }
  const results = await batch.commit();
  const writeTime = results.at(-1)?.writeTime ?? Timestamp.now();
  const [leader, ...joined] = after;
  const written = (member: StoredRing) => (changed.includes(member) ? stamp(member, writeTime) : member);
  return [written(leader), ...joined.map(written)];
}

/** The fields that differ, for an update of the document. */
function buildFields(before: Ring | undefined, after: Ring): Record<string, unknown> {
  const old = new Map(Object.entries(before ?? {}));
  const fields = Object.entries(after).filter(([name, value]) => old.get(name) !== value);
  const removed = [...old.keys()].filter(
    (name) => !Object.hasOwn(after, name) || Reflect.get(after, name) === undefined,
  );
  return {
    ...Object.fromEntries(fields),
    ...Object.fromEntries(removed.map((name) => [name, FieldValue.delete()])),
  };
}

function stamp(member: StoredRing, writeTime: Timestamp): StoredRing {
  const { ring } = member;
  const stamped = ring.answeredAt === timeOfWrite ? { ...ring, answeredAt: writeTime } : ring;
  return { ...member, ring: stamped, updateTime: writeTime };
}

function findOwn([{ ring }]: Group, by: string): readonly string[] {
  return Object.entries(ring.phones).flatMap(([id, phone]) =>
    isUntold(phone) && phone.telling?.by === by ? [id] : [],
  );
}
