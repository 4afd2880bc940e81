import { once } from "node:events";
import { createServer } from "node:net";
import { readDeployment } from "../../functions/src/config.ts";

/** The ports of the local stack, by server. */
export const ports = {
  functions: 5001,
  phone: 5060,
  // The same page for browsers, which refuse to open SIP's port 5060.
  phonePage: 5062,
  hub: 7099,
  firestore: 8080,
  pubsub: 8085,
  auth: 9099,
  fcm: 9190,
} as const;

/** The one project of the local stack; `demo-` keeps the official emulators from asking for an account. */
export const projectId = "demo-pbx-push";

/** The region in the URLs of the stack's functions: the default region. */
export const { region } = readDeployment({});

/** Host of every server of the stack except the Functions emulator. */
export const host = "127.0.0.1";

/** Throws if ports of the stack are taken; the message lists them and says what to do. */
export async function requireFreePorts(): Promise<void> {
  const checked = await Promise.all(
    Object.entries(ports).map(async ([name, port]) => ((await isFree(port)) ? [] : [`  ${port}  ${name}`])),
  );
  const taken = checked.flat();
  if (taken.length === 0) return;
  throw new Error(
    [
      "These ports are in use:",
      ...taken,
      "Another local stack may be running: stop it with Ctrl-C in its terminal.",
      `Otherwise find the process (ss -ltnp, or lsof -i :${taken[0]?.trim().split(" ", 1)[0]}) and stop it.`,
    ].join("\n"),
  );
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  try {
    await once(probe.listen(port, host), "listening");
    return true;
  } catch {
    return false;
  } finally {
    probe.close();
  }
}
