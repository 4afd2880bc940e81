import { once } from "node:events";
import { createServer } from "node:net";
import { readDeployment } from "../../functions/src/config.ts";

/** The environment variable that moves a stack: a number to add to each of its ports. */
export const offsetSetting = "PBX_PUSH_PORT_OFFSET";

const highestPort = 65_535;
const highestDefault = 9192;
/** What is added to each port. */
export const offset = readOffset(process.env[offsetSetting]);

/** The ports of the local stack, by server. */
export const ports = {
  functions: 5001 + offset,
  phone: 5060 + offset,
  // The same page for browsers, which refuse to open SIP's port 5060.
  phonePage: 5062 + offset,
  console: 5063 + offset,
  hub: 7099 + offset,
  firestore: 8080 + offset,
  pubsub: 8085 + offset,
  auth: 9099 + offset,
  fcm: 9190 + offset,
  apns: 9191 + offset,
  apnsSandbox: highestDefault + offset,
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
      `Or start this one on other ports: ${offsetSetting}=${offset + 10_000} npm start.`,
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

/** What to add to each port: 0 without a setting. Throws when it is no whole number, or moves a port beyond the last. */
export function readOffset(setting = ""): number {
  const added = Number(setting);
  const highest = highestPort - highestDefault;
  if (Number.isInteger(added) && added >= 0 && added <= highest) return added;
  throw new Error(`${offsetSetting} must be a whole number from 0 to ${highest}, not ${JSON.stringify(setting)}`);
}
