import { findOfficial } from "../official/find.ts";
import { placeDemoCall } from "./demo-call.ts";
import { placeDemoRings } from "./demo-rings.ts";
import { seedStatistics } from "./demo-statistics.ts";
import { describeCall, describeStack } from "./describe.ts";
import { startProgress } from "./progress.ts";
import { startStack, type Stack } from "./stack.ts";

/** Runs the stack until Ctrl-C or until a part of it ends: on Google's emulators of Firestore and Pub/Sub, or on ours. */
export async function run(useOfficialData: boolean): Promise<void> {
  const found = useOfficialData ? await findOfficial(["firestore", "pubsub"]) : undefined;
  if (found !== undefined && "missing" in found) {
    process.stdout.write(`Not started: ${found.missing}. \`npm start\` runs the same stack without.\n`);
    return;
  }
  const progress = startProgress((line) => process.stdout.write(`${line}\n`));
  const options = { ...(found && { officialJars: found.jars }), onProgress: progress.say };
  const interrupted = untilInterrupted();
  const stack = await Promise.race([startStack(options), interrupted]).finally(() => progress.stop());
  // Interrupted during the start: exit at once. The process group of the emulators ends when this process is gone.
  if (stack === undefined) process.exit(130);
  try {
    progress.say("calls to the demo phones");
    await Promise.race([showCalls(stack), interrupted, stack.crashed]).finally(() => progress.stop());
    await Promise.race([interrupted, stack.crashed]);
    process.stdout.write("\nStopping …\n");
  } finally {
    await stack.stop();
  }
}

async function showCalls({ fcm, demoToken }: Stack): Promise<void> {
  const call = await placeDemoCall(fcm, demoToken);
  await Promise.all([placeDemoRings(fcm), seedStatistics()]);
  process.stdout.write(describeCall(call));
  process.stdout.write(describeStack(demoToken));
}

async function untilInterrupted(): Promise<void> {
  const stop = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.resolve());
  await stop.promise;
}
