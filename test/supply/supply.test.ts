import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { listShipped, type Shipped } from "./lock-file.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** Licences that ask for no more than their text. */
const allowed = new Set(["0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"]);

const shipped = {
  "the functions": listShipped("functions"),
  "pbx-push-client": listShipped("", "packages/client"),
  "push-emulator": listShipped("", "packages/push-emulator"),
};

describe("what is installed with", () => {
  for (const [what, packages] of Object.entries(shipped)) {
    it(`${what} has a licence that allows it`, () => {
      const others = packages.filter((one) => !allowed.has(licenceOf(one)));
      assert.deepEqual(
        others.map((one) => `${one.name}@${one.version}: ${licenceOf(one)}`),
        [],
      );
    });

    it(`${what} comes from npm's registry, at a fixed version`, () => {
      const elsewhere = packages.filter(({ resolved = "" }) => /^(?:git|file|http:)|github/.test(resolved));
      assert.deepEqual(elsewhere, []);
    });
  }

  it("the functions is more than a few packages, and with the client none", () => {
    assert.ok(shipped["the functions"].length > 100);
    assert.deepEqual(shipped["pbx-push-client"], []);
  });
});

/** As the lock file says, or in the old form of package.json, which npm does not copy there. */
function licenceOf({ license, path }: Shipped): string {
  if (license !== undefined) return license;
  const { licenses = [] } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
  return licenses[0]?.type ?? "none";
}

describe("npm run sbom", () => {
  it("prints a CycloneDX document of everything that is deployed", async () => {
    const { stdout } = await promisify(execFile)("npm", ["run", "--silent", "sbom"], { cwd: root, maxBuffer: 2 ** 26 });
    const { bomFormat, metadata, components } = JSON.parse(stdout);
    assert.deepEqual([bomFormat, metadata.component.purl.split("@")[0]], ["CycloneDX", "pkg:npm/pbx-push-functions"]);
    const listed = new Set(components.map(({ name, version }: any) => `${name}@${version}`));
    const missing = shipped["the functions"].filter(({ name, version }) => !listed.has(`${name}@${version}`));
    assert.deepEqual(missing, []);
  });
});

describe("the workflows", () => {
  const workflows = globSync(".github/workflows/*.yml", { cwd: root });

  it("use actions of a fixed commit, with the version beside it", () => {
    const used = workflows.flatMap((path) => read(path).match(/uses: .*/g) ?? []);
    assert.ok(used.length > 0);
    for (const line of used) assert.match(line, /^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it("may only read", () => {
    for (const path of workflows) assert.match(read(path), /^permissions:\n {2}contents: read$/m, path);
  });
});

describe("updates", () => {
  it("are proposed for the actions, and for the packages of each lock file", () => {
    const bot = read(".github/dependabot.yml");
    assert.match(bot, /^ {2}- package-ecosystem: github-actions$/m);
    const [, listed = "[]"] = /^ {2}- package-ecosystem: npm\n {4}directories: (\[.*\])$/m.exec(bot) ?? [];
    const locked = globSync("{,*/}package-lock.json", { cwd: root }).map((path) =>
      `/${dirname(path)}`.replace("/.", "/"),
    );
    assert.deepEqual(JSON.parse(listed), locked.toSorted());
  });
});

describe("undici", () => {
  it("is imported by three internal files, and has one version for that reason", () => {
    const sources = globSync("functions/src/**/*.ts", { cwd: root }).map(read);
    const imported = sources.flatMap((source) =>
      [...source.matchAll(/^import (?!type ).* from "(undici[^"]*)"/gm)].map(([, from]) => from),
    );
    const internal = ["core/connect.js", "core/symbols.js", "dispatcher/client.js"].map((file) => `undici/lib/${file}`);
    assert.deepEqual(new Set(imported), new Set(internal));
    assert.match(JSON.parse(read("functions/package.json")).dependencies.undici, /^\d+\.\d+\.\d+$/);
  });
});
