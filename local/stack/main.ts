import { parseArgs } from "node:util";
import { requireJava } from "./java.ts";
import { placeDemoCall } from "./demo-call.ts";
import { describeCall, describeStack } from "./describe.ts";
import { startStack } from "./stack.ts";

const { values } = parseArgs({ options: { official: { type: "boolean", default: false } } });

try {
  await run(values.official);
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function run(useOfficialData: boolean): Promise<void> {
  if (useOfficialData) await requireJava();
  const interrupted = untilInterrupted();
  process.stdout.write("Starting the local stack: functions, auth, Firestore, Pub/Sub, FCM …\n");
  const stack = await Promise.race([startStack({ useOfficialData }), interrupted]);
  // Half a stack has nothing to stop in order: the leash ends the emulators when this process is gone.
  if (stack === undefined) process.exit(130);
  try {
    process.stdout.write(describeCall(await placeDemoCall(stack.fcm, stack.demoToken)));
    process.stdout.write(describeStack(stack.demoToken));
    await Promise.race([interrupted, stack.crashed]);
    process.stdout.write("\nStopping …\n");
  } finally {
    await stack.stop();
  }
}

async function untilInterrupted(): Promise<void> {
  const stop = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.resolve());
  await stop.promise;
}
