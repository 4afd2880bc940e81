import type { WriteBatch } from "firebase-admin/firestore";
import { Batcher } from "../../functions/src/batcher.ts";
import type { Services } from "../../functions/src/services.ts";
import { createFcmClient } from "../../functions/src/fcm/client.ts";
import { createTestClock } from "./clock.ts";
import type { TestFunctions } from "./functions.ts";

/**
 * The part of a database that fails: `changes` are transactions and all updates of a recorded ring, `secondChange` is the
 * second of these, `secondTransaction` the second transaction.
 */
type Failing = "changes" | "secondChange" | `${keyof typeof ordinals}Transaction` | "collection:devices";

const ordinals = { first: 1, second: 2, third: 3 };

/** The services with a database of which a part fails with UNAVAILABLE, as Firestore does during an outage. */
export function withFailing({ services }: TestFunctions, ...failing: readonly Failing[]): Services {
  let changes = 0;
  const fail = () => Promise.reject(Object.assign(new Error("14 UNAVAILABLE"), { code: 14 }));
  const failsNow = () => {
    changes += 1;
    return failing.includes("changes") || (failing.includes("secondChange") && changes === 2);
  };
  let transactions = 0;
  return changeDatabase(services, {
    runTransaction: (...args: any[]) => {
      transactions += 1;
      const isNamed = Object.entries(ordinals).some(
        ([name, nth]) => nth === transactions && failing.some((one) => one === `${name}Transaction`),
      );
      const fails = failing.includes("changes") || isNamed;
      return fails ? fail() : Reflect.apply(services.db.runTransaction.bind(services.db), undefined, args);
    },
    batch: () => watchUpdates(services.db.batch(), (commit) => (failsNow() ? fail() : commit())),
    collection: (path: string) => {
      const collection = services.db.collection(path);
      return path === "devices" && failing.includes("collection:devices")
        ? { where: () => ({ get: fail }) }
        : collection;
    },
  });
}

/** The services with a database that waits for `act` before its transaction number `nth`, counted from 1. */
export function beforeTransaction({ services }: TestFunctions, nth: number, act: () => Promise<unknown>): Services {
  let transactions = 0;
  return changeDatabase(services, {
    runTransaction: async (...args: any[]) => {
      transactions += 1;
      if (transactions === nth) await act();
      return Reflect.apply(services.db.runTransaction.bind(services.db), undefined, args);
    },
  });
}

/** The services with some methods of the database replaced. */
export function changeDatabase(
  services: Services,
  methods: Readonly<Record<string, (...args: any[]) => unknown>>,
): Services {
  return { ...services, db: override(services.db, methods) };
}

/**
 * A batch that calls `commit` in place of its own commit when it updates a document. A batch that only creates and deletes
 * commits as usual.
 */
export function watchUpdates(batch: WriteBatch, commit: (run: () => Promise<unknown>) => unknown): WriteBatch {
  let updates = 0;
  const watched: WriteBatch = override(batch, {
    create: (...args: Parameters<WriteBatch["create"]>) => {
      batch.create(...args);
      return watched;
    },
    update: (...args: any[]) => {
      updates += 1;
      (batch as any).update(...args);
      return watched;
    },
    commit: () => (updates > 0 ? commit(() => batch.commit()) : batch.commit()),
  });
  return watched;
}

/** An object with some of its methods replaced. */
export function override<T extends object>(target: T, methods: Readonly<Record<string, unknown>>): T {
  return new Proxy(target, {
    get(_, property) {
      if (typeof property === "string" && Object.hasOwn(methods, property)) return methods[property];
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** The services of another instance, with a clock `ms` ahead; the caller closes its FCM client. */
export function anotherInstance({ services, projectId, fcm: emulator }: TestFunctions, ms: number): Services {
  const clock = createTestClock(Date.now() + ms);
  const fcm = createFcmClient({ projectId, emulatorHost: emulator.address, clock });
  // Another instance has no memory of this one's pushes.
  return { ...services, clock, fcm, unrecorded: new Map(), pushing: new Map(), batcher: new Batcher() };
}
