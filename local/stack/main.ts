import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { official: { type: "boolean", default: false } } });

try {
  // Imported here, since the setting of the ports is read on import and may be wrong.
  const { run } = await import("./run.ts");
  await run(values.official);
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
