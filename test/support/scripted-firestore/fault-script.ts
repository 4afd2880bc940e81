import { status } from "@grpc/grpc-js";
import type { Database } from "../../../local/firestore/database.ts";
import type { LockOwner } from "../../../local/firestore/locks.ts";
import { RpcError } from "../../../local/firestore/rpc-error.ts";
import { collectionsOf, writtenBy, type Message } from "./requests.ts";

/** The fault of one request: it is refused and changes nothing, or it takes effect and its answer is lost. */
type Fault = "refuse" | "lose" | undefined;

/** The faults of one database, scripted by a test. */
export interface FaultScript {
  /** The duration of a request in milliseconds: half before it takes effect, half after. Called for each request. */
  delay: () => number;
  /**
   * Whether contending commits and locks are answered ABORTED at once, as the real service may, instead of waiting for the
   * lock.
   */
  abortsContended: boolean;
  /** Answers ABORTED to the next commits that write to a collection. */
  abortNext(collection: string, times: number): void;
  /** Performs the next commits that write to a collection, and answers `lostAs`. */
  loseAnswers(collection: string, times: number): void;
  /** The gRPC status of a lost answer; UNAVAILABLE by default. */
  lostAs: number;
  /** Holds every request until the returned function is called. */
  stall(): () => void;
  /** Removes all faults. */
  clear(): void;
}

/** Firestore's own message when too many requests write the same documents. */
const contention = "Too much contention on these documents. Please try again.";

/** The fault script of one database, and what its server asks of it. */
export function createFaultScript() {
  const commits = new Map<string, { refuse: number; lose: number }>();
  const underWay = new Map<string, number>();
  let released = Promise.resolve();
  const of = (collection: string) => {
    const known = commits.get(collection) ?? { refuse: 0, lose: 0 };
    commits.set(collection, known);
    return known;
  };
  const faults: FaultScript = {
    delay: () => 0,
    lostAs: status.UNAVAILABLE,
    abortsContended: false,
    abortNext: (collection, times) => void (of(collection).refuse += times),
    loseAnswers: (collection, times) => void (of(collection).lose += times),
    stall: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      released = promise;
      return resolve;
    },
    clear: () => {
      commits.clear();
      faults.delay = () => 0;
      faults.abortsContended = false;
      faults.lostAs = status.UNAVAILABLE;
    },
  };
  return {
    faults,
    /** Resolves when a request may come in. */
    admit: () => released,
    /** The fault of a request. */
    decide: (rpc: string, request: Message): Fault => {
      if (rpc !== "Commit" || writtenBy(request, rpc).length === 0) return undefined;
      for (const collection of collectionsOf(request, rpc)) {
        const left = commits.get(collection);
        if (left !== undefined && left.refuse > 0) return (left.refuse--, "refuse");
        if (left !== undefined && left.lose > 0) return (left.lose--, "lose");
      }
      return faults.abortsContended && writtenBy(request, rpc).some((name) => underWay.has(name))
        ? "refuse"
        : undefined;
    },
    /** Marks a request's documents as contended until the returned function is called. */
    enter: (rpc: string, request: Message) => {
      const names = rpc === "Commit" ? new Set(writtenBy(request, rpc)) : [];
      for (const name of names) underWay.set(name, (underWay.get(name) ?? 0) + 1);
      return () => {
        for (const name of names) {
          const left = underWay.get(name)! - 1;
          if (left === 0) underWay.delete(name);
          else underWay.set(name, left);
        }
      };
    },
  };
}

/** Makes the database refuse a lock that another client holds, instead of waiting for it, while `abortsContended` is set. */
export function abortOnLocks({ locks }: Database, faults: FaultScript): void {
  const acquire = locks.acquire.bind(locks);
  let owners: LockOwner[] = [];
  locks.acquire = async (owner, paths) => {
    const wanted = [...paths];
    owners = owners.filter(({ ended }) => ended === undefined);
    const isHeld = owners.some((other) => other !== owner && wanted.some((path) => other.held.has(path)));
    if (faults.abortsContended && isHeld) throw new RpcError(status.ABORTED, contention);
    if (!owners.includes(owner)) owners.push(owner);
    return acquire(owner, wanted);
  };
}

/** The error of a refused request, and of a lost answer. */
export const refused = { code: status.ABORTED, details: contention };
export const buildLost = ({ lostAs: code }: FaultScript) => ({ code, details: "The connection was lost" });
