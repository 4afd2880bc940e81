import { status } from "@grpc/grpc-js";

import { RpcError } from "./rpc-error.ts";

/** An owner of locks: a transaction, or a single write. */
export interface LockOwner {
  /** Order of begin. In a deadlock, the owner with the highest number is aborted. */
  readonly age: number;
  readonly held: Set<string>;
  readonly waiting: Set<Waiter>;
  /** Milliseconds (monotonic) at its last RPC. */
  touchedAt: number;
  /** Set once it has ended: why it gets no more locks. */
  ended?: string;
  /** Aborts it for the sake of others; absent for a plain write, which clients do not retry. */
  abort?: (reason: string) => void;
}

/** A request for a lock that another owner holds. */
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

/** A lock owner without locks and requests. */
export function buildLockOwner(age: number): LockOwner {
  return { age, held: new Set(), waiting: new Set(), touchedAt: performance.now() };
}

/**
 * Exclusive locks on documents, first in, first out: transactions that read the same document run one after the other instead
 * of failing each other, and plain writes wait for them, as in Firestore.
 */
export class LockTable {
  readonly #locks = new Map<string, Lock>();
  readonly #idleMs: number;

  /** A holder that is idle for `idleMs` while others wait is presumed dead and aborted. */
  constructor(idleMs: number) {
    this.#idleMs = idleMs;
  }

  /** Resolves once `owner` holds every path, with `true` if it had to wait; rejects with ABORTED if `owner` was ended. */
  async acquire(owner: LockOwner, paths: Iterable<string>): Promise<boolean> {
    let waited = false;
    // Sorted: two requests for the same documents then cannot deadlock.
    for (const path of [...paths].toSorted()) {
      if (owner.ended !== undefined) throw new RpcError(status.ABORTED, owner.ended);
      if (this.#take(owner, path)) continue;
      waited = true;
      await this.#wait(owner, path);
    }
    return waited;
  }

  /** Releases all locks of `owner`, rejects its waiting requests, and refuses later ones. */
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
    // A transaction may have several requests for the same document.
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
      // Owners ahead in the queue get the lock first.
      for (const ahead of lock.queue.slice(0, lock.queue.indexOf(waiter))) {
        if (ahead.owner !== owner) yield ahead.owner;
      }
    }
  }
}
