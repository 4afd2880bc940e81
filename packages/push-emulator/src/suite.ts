import { env } from "node:process";

import type { PushEmulator, PushEmulatorOptions } from "./contract.ts";
import { startPushEmulator } from "./emulator.ts";
import { redirectApple, redirectGoogle } from "./redirect-hosts.ts";

/** Options of a suite's emulator; default ports: any free ones. */
export type SuiteOptions = Omit<PushEmulatorOptions, "tls">;

/** The hooks of a test framework. */
export interface SuiteHooks {
  readonly before: (run: () => Promise<void>) => void;
  readonly afterEach: (run: () => void) => void;
  readonly after: (run: () => Promise<void>) => void;
}

/**
 * Starts an emulator before a suite's first test, resets it after each test and closes it after the last. Meanwhile
 * FCM_EMULATOR_HOST and APNS_EMULATOR_HOST are set to its addresses, and connections to Google's FCM and Apple's APNs are
 * redirected to it.
 */
export function startForSuite(hooks: SuiteHooks, options: SuiteOptions): PushEmulator {
  let running: { readonly emulator: PushEmulator; readonly restore: () => void } | undefined;
  hooks.before(async () => {
    const emulator = await startPushEmulator({ port: 0, ...options, tls: true });
    running = { emulator, restore: redirectSenders(emulator) };
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

/** Redirects the senders of this process to an emulator; returns a function that ends this. */
function redirectSenders({ address, apns, ca }: PushEmulator): () => void {
  const restore = [
    redirectGoogle(address, { ca }),
    redirectApple(apns.production.address, { ca }),
    setVariable("FCM_EMULATOR_HOST", address),
    setVariable("APNS_EMULATOR_HOST", apns.production.address),
  ];
  return () => {
    for (const undo of restore) undo();
  };
}

/** Sets an environment variable; returns a function that gives it its former value. */
function setVariable(name: string, value: string): () => void {
  const before = env[name];
  env[name] = value;
  return () => {
    if (before === undefined) delete env[name];
    else env[name] = before;
  };
}
