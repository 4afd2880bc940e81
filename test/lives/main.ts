// npm run test:lives -- --lives 10000 [--seed N] [--path P] [--at-once 4] [--processes 2]: one process per core, each with a
// share of the lives.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { startFunctions } from "../support/functions.ts";
import { startScriptedFirestore } from "../support/scripted-firestore/scripted-firestore.ts";
import { runLives } from "./run-lives.ts";

const { values } = parseArgs({
  options: {
    lives: { type: "string", default: "300" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 30)) },
    path: { type: "string" },
    "at-once": { type: "string", default: "4" },
    processes: { type: "string", default: "2" },
  },
});
const [lives, seed, processes] = [Number(values.lives), Number(values.seed), Number(values.processes)];

if (values.path === undefined && processes > 1) await runInProcesses();
else await run();

/** Runs a share in each process; the seeds lie far apart. */
async function runInProcesses(): Promise<void> {
  process.stdout.write(`${lives} lives from seed ${seed}\n`);
  const codes = await Promise.all(
    Array.from({ length: processes }, async (_, nth) => {
      const share = Math.ceil((lives - nth) / processes);
      const args = [
        `--lives=${share}`,
        `--seed=${seed + nth * 1000}`,
        `--at-once=${values["at-once"]}`,
        "--processes=1",
      ];
      const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...args], { stdio: "inherit" });
      const [code] = (await once(child, "exit")) as [number | null];
      return code;
    }),
  );
  if (codes.some((code) => code !== 0)) process.exitCode = 1;
}

async function run(): Promise<void> {
  const firestore = await startScriptedFirestore();
  const functions = await startFunctions({ FIRESTORE_EMULATOR_HOST: firestore.host });
  const startedAt = performance.now();
  let lived = 0;
  const onLife = () => {
    lived += 1;
    if (lived % 500 === 0) process.stdout.write(`… ${lived} lives\n`);
  };
  const atOnce = values.path === undefined ? Number(values["at-once"]) : 1;
  const onFailure = () => void process.stdout.write("… a life failed; looking for a shorter one that fails\n");
  const failures = await runLives(functions, firestore, { lives, seed, atOnce, path: values.path, onLife, onFailure });
  for (const failure of failures) process.stdout.write(`\n${failure}\n`);
  const seconds = (performance.now() - startedAt) / 1000;
  process.stdout.write(`${lived} lives in ${seconds.toFixed(1)} s, ${failures.length} failed, seed ${seed}\n`);
  await functions.close();
  await firestore.close();
  // Dead instances still wait for Firestore and keep the process alive.
  process.exit(failures.length > 0 ? 1 : 0);
}
