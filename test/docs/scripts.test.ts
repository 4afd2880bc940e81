import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

const cwd = join(import.meta.dirname, "../..");

describe("npm's scripts", () => {
  const places = [
    "package.json",
    "test/on-official.ts",
    "test/faults/run.ts",
    "test/sip/main.ts",
    ...globSync("test/together/*.ts", { cwd }),
  ];
  const patterns = places.flatMap((file) => {
    const matches = readFileSync(join(cwd, file), "utf8").matchAll(/"(test\/[^"]*\.test\.ts)\\?"/g);
    return [...matches].map(([, pattern = ""]) => pattern);
  });

  it("run every test file", () => {
    const run = new Set(patterns.flatMap((pattern) => globSync(pattern, { cwd })));
    const forgotten = globSync("test/**/*.test.ts", { cwd }).filter((file) => !run.has(file));
    assert.deepEqual(forgotten, []);
  });

  it("name no test file that does not exist", () => {
    assert.ok(patterns.length > 10);
    const empty = patterns.filter((pattern) => globSync(pattern, { cwd }).length === 0);
    assert.deepEqual(empty, []);
  });
});
