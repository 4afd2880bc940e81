import { once } from "node:events";
import { createServer } from "node:net";
import { readDeployment } from "../../functions/src/config.ts";

/** Every port of the local stack, by who listens there. */
export const ports = {
  functions: 5001,
  phone: 5060,
  // The same for browsers: 5060 is SIP's, and they refuse to open it.
  phonePage: 5062,
  hub: 7099,
  firestore: 8080,
  pubsub: 8085,
  auth: 9099,
  fcm: 9190,
} as const;

/** The one project of the local stack; `demo-` keeps the official emulators from asking for an account. */
export const projectId = "demo-pbx-push";

/** The region that is part of the URLs of the stack's functions: the default. */
export const { region } = readDeployment({});

/** Where all but the functions listen. */
export const host = "127.0.0.1";

/** Throws when any port of the stack is taken, naming each and what to do. */
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
      `Otherwise find who listens (ss -ltnp, or lsof -i :${taken[0]?.trim().split(" ", 1)[0]}) and stop it.`,
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
