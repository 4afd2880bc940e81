import assert from "node:assert/strict";
import type { TestFunctions } from "../../support/functions.ts";

/**
 * Stands inside every generated name, text, key and registration that must not be logged. No id may have a `!`, so that
 * it never is part of what is logged on purpose; and it stands behind the eight characters that a log shows of a registration.
 */
export const secret = "hx7Q!Mk2Lp9";

/** The same for what has to be a number. */
export const secretNumber = "01099887766554";

/** What the in-memory Firestore says of ids that begin with `.` or `__x__`, which Firestore takes: no fault of the functions. */
const oddPath = /INVALID_ARGUMENT: Invalid resource path \\"\w+\/(?:\.|__)/;

/** A watch over what the functions log: each look sees what has been logged since the last. */
export function watchLog({ logged, services }: TestFunctions) {
  // The logger keeps the console it finds when it is loaded: whoever loads it too early leaves us blind.
  services.log.info("watched");
  assert.match(logged.at(-1) ?? "", /watched/, "The watch does not see what is logged");
  let seen = logged.length;
  return {
    /** Fails when a key, a registration or a caller has been logged; tells whether the in-memory Firestore has refused an id. */
    look(...alsoSecret: readonly string[]): { readonly isOddPath: boolean } {
      const lines = logged.slice(seen);
      seen = logged.length;
      const told = lines.find(
        (line) => !oddPath.test(line) && [secret, secretNumber, ...alsoSecret].some((one) => line.includes(one)),
      );
      assert.equal(told, undefined, "A log line tells a secret");
      return { isOddPath: lines.some((line) => oddPath.test(line)) };
    },
  };
}
