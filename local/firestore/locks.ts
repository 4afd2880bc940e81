import { status } from "@grpc/grpc-js";

import { RpcError } from "./rpc-error.ts";

/** Who may hold locks: a transaction, or a single write on its way. */
export interface LockOwner {
  /** Where it stands in line: of two that wait for each other, the one with the higher number gives way. */
  readonly age: number;
  readonly held: Set<string>;
  readonly waiting: Set<Waiter>;
  /** Milliseconds (monotonic) at its last RPC. */
  touchedAt: number;
  /** Why it gets no more locks, once it is over. */
  ended?: string;
  /** Ends it, so that others can go on; absent for a plain write, which cannot be told to try again. */
  abort?: (reason: string) => void;
}

/** One request for one lock that somebody else holds. */
export interface Waiter {
  path: string;
  owner: LockOwner;
  timer: NodeJS.Timeout;
  granted(): void;
  refused(cause: RpcError): void;
}

interface Lock {
  owner: LockOwner;
  queue: Waiter[];
}

/** A lock owner that is neither holding nor waiting. */
export function buildLockOwner(age: number): LockOwner {
  return { age, held: new Set(), waiting: new Set(), touchedAt: performance.now() };
}

/** Exclusive locks on documents, first come first served: transactions that read the same document run one after the other instead of failing each other, and a plain write waits for them as it does in Firestore. */
export class LockTable {
  readonly #locks = new Map<string, Lock>();
  readonly #idleMs: number;

  /** A holder that has been silent for `idleMs` while others wait is taken for dead and aborted. */
  constructor(idleMs: number) {
    this.#idleMs = idleMs;
  }

  /** Resolves once `owner` holds every path, `true` when it had to wait; rejects with ABORTED when it had to give way. */
  async acquire(owner: LockOwner, paths: Iterable<string>): Promise<boolean> {
    let waited = false;
    // One order for all: two requests for the same documents never wait for each other.
    for (const path of [...paths].toSorted()) {
      if (owner.ended !== undefined) throw new RpcError(status.ABORTED, owner.ended);
      if (this.#take(owner, path)) continue;
      waited = true;
      await this.#wait(owner, path);
    }
    return waited;
  }

  /** Frees everything `owner` holds, for good, and refuses what it still waits for. */
  release(owner: LockOwner, reason = "The transaction has ended"): void {
    owner.ended = reason;
    for (const waiter of owner.waiting) {
      this.#leave(waiter);
      waiter.refused(new RpcError(status.ABORTED, reason));
    }
    for (const path of owner.held) this.#handOver(path);
    owner.held.clear();
  }

  #take(owner: LockOwner, path: string): boolean {
    const lock = this.#locks.get(path);
    if (lock === undefined) {
      this.#locks.set(path, { owner, queue: [] });
      owner.held.add(path);
    }
    return lock === undefined || lock.owner === owner;
  }

  async #wait(owner: LockOwner, path: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setInterval(() => this.#abortIdleHolder(path), this.#idleMs).unref();
    const waiter = { path, owner, timer, granted: resolve, refused: reject };
    owner.waiting.add(waiter);
    this.#locks.get(path)?.queue.push(waiter);
    this.#breakDeadlock(owner);
    await promise;
  }

  #leave(waiter: Waiter): void {
    clearInterval(waiter.timer);
    waiter.owner.waiting.delete(waiter);
    const queue = this.#locks.get(waiter.path)?.queue ?? [];
    const index = queue.indexOf(waiter);
    if (index >= 0) queue.splice(index, 1);
  }

  #handOver(path: string): void {
    const lock = this.#locks.get(path);
    const next = lock?.queue[0]?.owner;
    if (lock === undefined || next === undefined) {
      this.#locks.delete(path);
      return;
    }
    lock.owner = next;
    next.held.add(path);
    // A transaction can ask for one document twice at a time.
    for (const waiter of lock.queue.filter(({ owner }) => owner === next)) {
      this.#leave(waiter);
      waiter.granted();
    }
  }

  #abortIdleHolder(path: string): void {
    const holder = this.#locks.get(path)?.owner;
    if (holder === undefined || holder.waiting.size > 0) return;
    if (performance.now() - holder.touchedAt >= this.#idleMs) {
      holder.abort?.("The transaction was idle while others waited for its locks");
    }
  }

  #breakDeadlock(owner: LockOwner): void {
    for (let cycle = this.#findCycle(owner); cycle !== undefined; cycle = this.#findCycle(owner)) {
      const [victim] = cycle.filter(({ abort }) => abort !== undefined).toSorted((one, other) => other.age - one.age);
      if (victim?.abort === undefined) return;
      victim.abort("The transaction and another wait for each other's documents; please retry");
    }
  }

  #findCycle(start: LockOwner): LockOwner[] | undefined {
    const seen = new Set<LockOwner>();
    const walk = (owner: LockOwner, trail: LockOwner[]): LockOwner[] | undefined => {
      for (const blocker of this.#blockersOf(owner)) {
        if (blocker === start) return trail;
        if (seen.has(blocker)) continue;
        seen.add(blocker);
        const cycle = walk(blocker, [...trail, blocker]);
        if (cycle !== undefined) return cycle;
      }
      return undefined;
    };
    return walk(start, [start]);
  }

  *#blockersOf(owner: LockOwner): Generator<LockOwner> {
    for (const waiter of owner.waiting) {
      const lock = this.#locks.get(waiter.path);
      if (lock === undefined) continue;
      if (lock.owner !== owner) yield lock.owner;
      // Those ahead in the queue will hold the lock before this one does.
      for (const ahead of lock.queue.slice(0, lock.queue.indexOf(waiter))) {
        if (ahead.owner !== owner) yield ahead.owner;
      }
    }
  }
}
