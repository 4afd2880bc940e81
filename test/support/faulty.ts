import type { WriteBatch } from "firebase-admin/firestore";
import { Batcher } from "../../functions/src/batcher.ts";
import type { Services } from "../../functions/src/services.ts";
import { createFcmClient } from "../../functions/src/fcm/client.ts";
import { createTestClock } from "./clock.ts";
import type { TestFunctions } from "./functions.ts";

/**
 * What of a database is away: `changes` are transactions and all that changes a ring on record, `secondChange` the second of
 * these, `secondTransaction` the second of those.
 */
type Failing = "changes" | "secondChange" | "secondTransaction" | "collection:devices";

/** The services with a database of which a part fails as Firestore does when it is away. */
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
      const fails = failing.includes("changes") || (failing.includes("secondTransaction") && transactions === 2);
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

/** The services with some methods of the database replaced. */
export function changeDatabase(
  services: Services,
  methods: Readonly<Record<string, (...args: any[]) => unknown>>,
): Services {
  return { ...services, db: override(services.db, methods) };
}

/** A batch whose commit is left to `commit` when it updates a document: what only creates and deletes goes through. */
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

/** Something with some of its methods replaced. */
export function override<T extends object>(target: T, methods: Readonly<Record<string, unknown>>): T {
  return new Proxy(target, {
    get(_, property) {
      if (typeof property === "string" && Object.hasOwn(methods, property)) return methods[property];
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** The services some time from now; whatever uses them closes their FCM client. */
export function later({ services, projectId, fcm: emulator }: TestFunctions, ms: number): Services {
  const clock = createTestClock(Date.now() + ms);
  const fcm = createFcmClient({ projectId, emulatorHost: emulator.address, clock });
  // Another instance, which remembers nothing of this one's pushes.
  return { ...services, clock, fcm, unrecorded: new Map(), batcher: new Batcher() };
}
