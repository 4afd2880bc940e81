import type { Firestore } from "firebase-admin/firestore";
import type { Services } from "../../functions/src/services.ts";
import { createFcmClient } from "../../functions/src/fcm/client.ts";
import { createTestClock } from "./clock.ts";
import type { TestFunctions } from "./functions.ts";

/** What of a database is away: `changes` are transactions, and whatever changes a call that is on record. */
type Failing = "changes" | "secondTransaction" | "collection:devices";

/** The services with a database of which a part fails as Firestore does when it is away. */
export function withFailing({ services }: TestFunctions, ...failing: readonly Failing[]): Services {
  let transactions = 0;
  const fail = () => Promise.reject(Object.assign(new Error("14 UNAVAILABLE"), { code: 14 }));
  const overrides: Readonly<Record<string, (...args: any[]) => unknown>> = {
    runTransaction: (...args: Parameters<Firestore["runTransaction"]>) => {
      transactions += 1;
      const fails = failing.includes("changes") || (failing.includes("secondTransaction") && transactions === 2);
      return fails ? fail() : services.db.runTransaction(...args);
    },
    collection: (path: string) => {
      const collection = services.db.collection(path);
      if (path === "devices" && failing.includes("collection:devices")) return { where: () => ({ get: fail }) };
      if (path !== "calls" || !failing.includes("changes")) return collection;
      return override(collection, { doc: (id: string) => override(collection.doc(id), { update: fail }) });
    },
  };
  return { ...services, db: override(services.db, overrides) };
}

function override<T extends object>(target: T, methods: Readonly<Record<string, unknown>>): T {
  return new Proxy(target, {
    get(_, property) {
      if (typeof property === "string" && Object.hasOwn(methods, property)) return methods[property];
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** The services some time from now; whoever uses them closes their FCM client. */
export function later({ services, projectId, fcm: emulator }: TestFunctions, ms: number): Services {
  const clock = createTestClock(Date.now() + ms);
  return { ...services, clock, fcm: createFcmClient({ projectId, emulatorHost: emulator.address, clock }) };
}
