import type { Services } from "../../functions/src/services.ts";
import { createFcmClient } from "../../functions/src/fcm/client.ts";
import { createTestClock } from "./clock.ts";
import type { TestFunctions } from "./functions.ts";

/** The services with a database whose named calls fail as Firestore does when it is away. */
export function withFailing(
  { services }: TestFunctions,
  ...failing: ("runTransaction" | "secondTransaction" | "collection:devices")[]
): Services {
  let transactions = 0;
  const fail = () => Promise.reject(Object.assign(new Error("14 UNAVAILABLE"), { code: 14 }));
  const db = new Proxy(services.db, {
    get(target, property) {
      if (property === "runTransaction" && failing.includes("runTransaction")) return fail;
      if (property === "runTransaction" && failing.includes("secondTransaction") && (transactions += 1) === 2)
        return fail;
      const value = Reflect.get(target, property);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (failing.includes(`${String(property)}:${String(args[0])}` as "collection:devices")) {
          return { where: () => ({ get: fail }) };
        }
        return Reflect.apply(value, target, args);
      };
    },
  });
  return { ...services, db };
}

/** The services some time from now; whoever uses them closes their FCM client. */
export function later({ services, projectId, fcm: emulator }: TestFunctions, ms: number): Services {
  const clock = createTestClock(Date.now() + ms);
  return { ...services, clock, fcm: createFcmClient({ projectId, emulatorHost: emulator.address, clock }) };
}
