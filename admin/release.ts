// npm run release -- --dry-run: packs every package, checks versions and notes, and prints what it would publish.
import { execFile } from "node:child_process";
import { glob, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs, promisify } from "node:util";

const root = join(import.meta.dirname, "..");
const run = promisify(execFile);

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
}

/** Output of `npm pack --json` for a package. */
interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

const { values } = parseArgs({ options: { "dry-run": { type: "boolean", default: false } } });
const faults: string[] = [];
const { version } = await readManifest("package.json");
const notes = findNotes(await readFile(join(root, "CHANGELOG.md"), "utf8"), version);
if (notes === undefined) faults.push(`CHANGELOG.md has no notes for ${version}: "## ${version} – <date>"`);
else if (!values["dry-run"] && notes.date === "unreleased") faults.push(`CHANGELOG.md: ${version} has no date yet`);

const packages = await Array.fromAsync(glob("packages/*/package.json", { cwd: root }));
for (const path of ["functions/package.json", ...packages]) {
  const manifest = await readManifest(path);
  if (manifest.version !== version) faults.push(`${path} is ${manifest.version}, the project is ${version}`);
}
for (const path of packages.toSorted()) {
  const { name } = await readManifest(path);
  const packed = await pack(name);
  const names = packed.files.map((file) => file.path);
  for (const needed of ["README.md", "LICENSE"]) if (!names.includes(needed)) faults.push(`${name} has no ${needed}`);
  if (!names.some((file) => file.startsWith("dist/"))) faults.push(`${name} has nothing built`);
  process.stdout.write(
    `${packed.filename}: ${names.length} files, ${Math.ceil(packed.size / 1024)} kB, from ${dirname(path)}\n`,
  );
}

for (const fault of faults) process.stderr.write(`✖ ${fault}\n`);
if (faults.length > 0) process.exitCode = 1;
else if (values["dry-run"])
  process.stdout.write(
    `Would publish ${packages.length} packages as ${version} (${notes?.date}), with these notes:\n\n${notes?.text}\n`,
  );
else await publish();

async function readManifest(path: string): Promise<Manifest> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a package.json of this repository
  return JSON.parse(await readFile(join(root, path), "utf8")) as Manifest;
}

async function pack(name: string): Promise<Packed> {
  const { stdout } = await run("npm", ["pack", "--json", "--dry-run", "--workspace", name], { cwd: root });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- npm's own format
  const output = JSON.parse(stdout.slice(stdout.search(/^[[{]/m))) as
    | readonly Packed[]
    | Readonly<Record<string, Packed>>;
  const [packed] = Object.values(output);
  if (packed === undefined) throw new Error(`npm packed nothing for ${name}`);
  return packed;
}

/** The notes of a version, and the date in its heading: `## 0.2.0 – 2026-12-01`. */
function findNotes(changelog: string, wanted: string): { readonly date: string; readonly text: string } | undefined {
  const [, ...sections] = changelog.split(/^## /m);
  const found = sections.map((one) => /^(\S+) – (.+)\n([^]*)$/.exec(one)).find((one) => one?.[1] === wanted);
  return found ? { date: found[2] ?? "", text: (found[3] ?? "").trim() } : undefined;
}

async function publish(): Promise<void> {
  for (const path of packages.toSorted()) {
    const { name } = await readManifest(path);
    const { stdout } = await run("npm", ["publish", "--workspace", name], { cwd: root });
    process.stdout.write(stdout);
  }
}
