import { env } from "node:process";

import type { PushEmulator, PushEmulatorOptions } from "./contract.ts";
import { startPushEmulator } from "./emulator.ts";
import { redirectGoogle } from "./redirect-google.ts";

/** How a suite's emulator starts: on any free port, unless `port` says which. */
export type SuiteOptions = Omit<PushEmulatorOptions, "tls">;

/** What a test framework calls around tests. */
export interface SuiteHooks {
  readonly before: (run: () => Promise<void>) => void;
  readonly afterEach: (run: () => void) => void;
  readonly after: (run: () => Promise<void>) => void;
}

/**
 * Starts an emulator before a suite's first test, resets it after each test and closes it after the last. Meanwhile
 * FCM_EMULATOR_HOST names it, and connections to Google's FCM go to it.
 */
export function startForSuite(hooks: SuiteHooks, options: SuiteOptions): PushEmulator {
  let running: { readonly emulator: PushEmulator; readonly restore: () => void } | undefined;
  hooks.before(async () => {
    const emulator = await startPushEmulator({ port: 0, ...options, tls: true });
    running = { emulator, restore: lead(emulator) };
  });
  hooks.afterEach(() => running?.emulator.reset());
  hooks.after(async () => {
    running?.restore();
    await running?.emulator.close();
    running = undefined;
  });
  return new Proxy<PushEmulator>(Object.create(null), {
    get(_, name) {
      if (running === undefined) throw new Error("The emulator runs in the suite's hooks and tests only.");
      return Reflect.get(running.emulator, name);
    },
  });
}

/** Leads the senders of this process to an emulator, until what it returns is called. */
function lead({ address, ca }: PushEmulator): () => void {
  const before = env["FCM_EMULATOR_HOST"];
  const restoreGoogle = redirectGoogle(address, { ca });
  env["FCM_EMULATOR_HOST"] = address;
  return () => {
    restoreGoogle();
    if (before === undefined) delete env["FCM_EMULATOR_HOST"];
    else env["FCM_EMULATOR_HOST"] = before;
  };
}
