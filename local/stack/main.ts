import { parseArgs } from "node:util";
import { findOfficial } from "../official/find.ts";
import { placeDemoCall } from "./demo-call.ts";
import { describeCall, describeStack } from "./describe.ts";
import { startStack, type Stack } from "./stack.ts";

const { values } = parseArgs({ options: { official: { type: "boolean", default: false } } });

try {
  await run(values.official);
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function run(useOfficialData: boolean): Promise<void> {
  const found = useOfficialData ? await findOfficial(["firestore", "pubsub"]) : undefined;
  if (found !== undefined && "missing" in found) {
    process.stdout.write(`Not started: ${found.missing}. \`npm start\` runs the same stack without.\n`);
    return;
  }
  const options = { ...(found && { officialJars: found.jars }), onProgress: printProgress };
  const interrupted = untilInterrupted();
  const stack = await Promise.race([startStack(options), interrupted]);
  // Interrupted during the start: exit at once. The leash ends the emulators when this process is gone.
  if (stack === undefined) process.exit(130);
  try {
    await Promise.race([showCall(stack), interrupted, stack.crashed]);
    await Promise.race([interrupted, stack.crashed]);
    process.stdout.write("\nStopping …\n");
  } finally {
    await stack.stop();
  }
}

function printProgress(doing: string): void {
  process.stdout.write(`… ${doing}\n`);
}

async function showCall({ fcm, demoToken }: Stack): Promise<void> {
  process.stdout.write(describeCall(await placeDemoCall(fcm, demoToken)));
  process.stdout.write(describeStack(demoToken));
}

async function untilInterrupted(): Promise<void> {
  const stop = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.resolve());
  await stop.promise;
}
