import { status } from "@grpc/grpc-js";
import type { Database } from "../../../local/firestore/database.ts";
import type { LockOwner } from "../../../local/firestore/locks.ts";
import { RpcError } from "../../../local/firestore/rpc-error.ts";
import { collectionsOf, writtenBy, type Message } from "./requests.ts";

/** What goes wrong with one request: it is refused and changes nothing, or it is done and its answer is lost. */
type Fate = "refuse" | "lose" | undefined;

/** Everything that may go wrong with the requests to one database, by a test's script. */
export interface Trouble {
  /** How long a request takes, in milliseconds: half on its way there, half on its way back. Asked for each request. */
  delay: () => number;
  /** Whether commits and locks that contend are answered ABORTED at once, as the real service may, instead of waiting in line. */
  abortsContended: boolean;
  /** Answers ABORTED to the next commits that write to a collection. */
  abortNext(collection: string, times: number): void;
  /** Does what the next commits that write to a collection say, and answers `lostAs`. */
  loseAnswers(collection: string, times: number): void;
  /** The gRPC status of an answer that is lost: UNAVAILABLE, unless a script says otherwise. */
  lostAs: number;
  /** Holds every request until what it returns is called. */
  stall(): () => void;
  /** Forgets all of that. */
  clear(): void;
}

/** What Firestore answers, word for word, when too many write the same documents. */
const contention = "Too much contention on these documents. Please try again.";

/** The script of one database, and what its server asks of it. */
export function createTrouble() {
  const commits = new Map<string, { refuse: number; lose: number }>();
  const underWay = new Map<string, number>();
  let released = Promise.resolve();
  const of = (collection: string) => {
    const known = commits.get(collection) ?? { refuse: 0, lose: 0 };
    commits.set(collection, known);
    return known;
  };
  const trouble: Trouble = {
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
      trouble.delay = () => 0;
      trouble.abortsContended = false;
      trouble.lostAs = status.UNAVAILABLE;
    },
  };
  return {
    trouble,
    /** Resolves when a request may come in. */
    admit: () => released,
    /** What becomes of a request. */
    decide: (rpc: string, request: Message): Fate => {
      if (rpc !== "Commit" || writtenBy(request, rpc).length === 0) return undefined;
      for (const collection of collectionsOf(request, rpc)) {
        const left = commits.get(collection);
        if (left !== undefined && left.refuse > 0) return (left.refuse--, "refuse");
        if (left !== undefined && left.lose > 0) return (left.lose--, "lose");
      }
      return trouble.abortsContended && writtenBy(request, rpc).some((name) => underWay.has(name))
        ? "refuse"
        : undefined;
    },
    /** Counts a request's documents as contended until what it returns is called. */
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

/** From now on a lock that another holds is refused, and not waited for, while the script says so. */
export function abortOnLocks({ locks }: Database, trouble: Trouble): void {
  const acquire = locks.acquire.bind(locks);
  let owners: LockOwner[] = [];
  locks.acquire = async (owner, paths) => {
    const wanted = [...paths];
    owners = owners.filter(({ ended }) => ended === undefined);
    const isHeld = owners.some((other) => other !== owner && wanted.some((path) => other.held.has(path)));
    if (trouble.abortsContended && isHeld) throw new RpcError(status.ABORTED, contention);
    if (!owners.includes(owner)) owners.push(owner);
    return acquire(owner, wanted);
  };
}

/** What a request that is refused is answered, and one whose answer is lost. */
export const refused = { code: status.ABORTED, details: contention };
export const buildLost = ({ lostAs: code }: Trouble) => ({ code, details: "The connection was lost" });
