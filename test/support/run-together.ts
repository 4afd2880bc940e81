import { globSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { it } from "node:test";
import { pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "../..");
const rootUrl = pathToFileURL(`${root}/`).href;

/** Each test of a file has the runner's timeout. */
const fileTimeoutMs = 600_000;

/**
 * Runs test files one after the other in this process, which loads the packages that they need only once: for the
 * functions these take two seconds of CPU. Each file gets its own copy of this repository's modules and finds the same
 * environment, so it behaves as in a process of its own. `patterns` are relative to the repository.
 */
export function runTogether(patterns: readonly string[]): void {
  copyModules();
  const environment = { ...process.env };
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: root }).toSorted());
  for (const file of files) {
    it(file, { timeout: fileTimeoutMs }, async () => {
      for (const name of Object.keys(process.env)) delete process.env[name];
      Object.assign(process.env, environment);
      const url = new URL(file, rootUrl);
      url.searchParams.set("copy", file);
      await import(url.href);
    });
  }
}

/** A copied module imports copies. */
function copyModules(): void {
  registerHooks({
    resolve: (specifier, context, nextResolve) => {
      const resolved = nextResolve(specifier, context);
      const copy = context.parentURL === undefined ? null : new URL(context.parentURL).searchParams.get("copy");
      if (copy === null || !isCopied(resolved.url)) return resolved;
      const url = new URL(resolved.url);
      url.searchParams.set("copy", copy);
      return { ...resolved, url: url.href };
    },
  });
}

/** Whether it is a module of this repository, or of the package that keeps the console and the app that it found first. */
function isCopied(url: string): boolean {
  if (!url.startsWith(rootUrl)) return false;
  return !url.includes("/node_modules/") || url.includes("/node_modules/firebase-functions/");
}
