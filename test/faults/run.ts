// npm run test:faults; `-- --write` writes docs/reliability.md. The flag becomes an environment variable, because node --test
// does not pass arguments to test files.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Runs a program and passes its exit code on. */
async function run(program: string, ...args: readonly string[]): Promise<void> {
  const env = { ...process.env, ...(isWriting && { FAULTS_WRITE: "1" }) };
  const child = spawn(program, args, { cwd: root, stdio: "inherit", env });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) process.exitCode = code ?? 1;
}

const isWriting = process.argv.includes("--write");
await run(process.execPath, "--test", "--test-force-exit", "test/faults/faults.test.ts");
if (isWriting && process.exitCode === undefined) await run("npx", "oxfmt", "docs/reliability.md");
