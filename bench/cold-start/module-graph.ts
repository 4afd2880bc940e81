import { execFile } from "node:child_process";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

/** Cost of loading the index of some functions. */
export interface ModuleGraph {
  readonly files: number;
  readonly loadMs: number;
}

const countFiles = `import { registerHooks } from "node:module";
let files = 0;
registerHooks({ load: (url, context, next) => ((files += url.startsWith("file:") ? 1 : 0), next(url, context)) });
await import(process.env.INDEX);
console.log(files);`;

const measureTime = `const startedAt = performance.now();
await import(process.env.INDEX);
console.log(performance.now() - startedAt);`;

/** Loads an index in two new processes: one counts the files, one measures the time. */
export async function measureGraph(index: string, environment: Readonly<Record<string, string>>): Promise<ModuleGraph> {
  const env = {
    PATH: process.env["PATH"],
    FUNCTION_TARGET: "pbx",
    K_SERVICE: "pbx",
    ...environment,
    INDEX: pathToFileURL(index).href,
  };
  const evaluate = async (code: string) => {
    const args = ["--input-type=module", "--eval", code];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    return Number(stdout.trim().split("\n").at(-1));
  };
  return { files: await evaluate(countFiles), loadMs: await evaluate(measureTime) };
}
