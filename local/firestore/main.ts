import { parseArgs } from "node:util";

import { deployedIndexes } from "./index-config.ts";
import { startFirestoreServer } from "./server.ts";

const { values } = parseArgs({
  options: { host: { type: "string", default: "127.0.0.1" }, port: { type: "string", default: "8080" } },
});

try {
  const server = await startFirestoreServer({ host: values.host, port: Number(values.port), indexes: deployedIndexes });
  process.stdout.write(`Firestore (in memory) on ${server.host}: FIRESTORE_EMULATOR_HOST=${server.host}\n`);
  const stop = () => {
    void server.close().then(() => process.exit(0));
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
} catch (cause) {
  process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
  process.exitCode = 1;
}
