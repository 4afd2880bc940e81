import assert from "node:assert/strict";
import type { TestFunctions } from "../../support/functions.ts";

/**
 * Part of every generated name, text, key and registration that must not be logged. Ids cannot contain a `!`, so it is never
 * part of anything that is logged on purpose. In a registration it comes after the eight characters that a log shows.
 */
export const secret = "hx7Q!Mk2Lp9";

/** The same for numbers. */
export const secretNumber = "01099887766554";

/** The in-memory Firestore refuses ids that begin with `.` or `__x__`, which Firestore accepts: not the functions' fault. */
const oddPath = /INVALID_ARGUMENT: Invalid resource path \\"\w+\/(?:\.|__)/;

/** Watches the functions' log: each look checks the lines since the last. */
export function watchLog({ logged, services }: TestFunctions) {
  // The logger keeps the console that it finds when it is loaded: loaded too early, its lines would not be seen.
  services.log.info("watched");
  assert.match(logged.at(-1) ?? "", /watched/, "The watch does not see the log");
  let seen = logged.length;
  return {
    /**
     * Fails when a key, a registration or a caller was logged; returns whether the in-memory Firestore has refused an id.
     */
    look(...alsoSecret: readonly string[]): { readonly isOddPath: boolean } {
      const lines = logged.slice(seen);
      seen = logged.length;
      const told = lines.find(
        (line) => !oddPath.test(line) && [secret, secretNumber, ...alsoSecret].some((one) => line.includes(one)),
      );
      assert.equal(told, undefined, "A log line contains a secret");
      return { isOddPath: lines.some((line) => oddPath.test(line)) };
    },
  };
}
