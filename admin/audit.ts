// npm run audit [-- <folder>…]: fails when what is deployed or published has a known vulnerability that is high or critical.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { z } from "zod";

const root = join(import.meta.dirname, "..");

/** A vulnerability of the package itself, or the name of the dependency that has it. */
const cause = z.union([
  z.string(),
  z.object({ title: z.string(), url: z.string() }).transform(({ title, url }) => `${title}, ${url}`),
]);
const report = z.object({
  vulnerabilities: z.record(z.string(), z.object({ severity: z.string(), via: z.array(cause) })),
});

const given = process.argv.slice(2);

for (const folder of given.length > 0 ? given : ["functions", "packages/client", "packages/push-emulator"]) {
  // npm exits with 1 for any vulnerability, and for a registry that does not answer.
  const where = folder === "functions" ? ["--prefix", folder] : ["--workspace", folder];
  const npm = spawn("npm", ["audit", "--omit=dev", "--json", ...where], {
    cwd: root,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [printed] = await Promise.all([text(npm.stdout), once(npm, "close")]);
  const parsed = report.safeParse(parseJson(printed));
  if (!parsed.success) {
    process.stdout.write(`${folder}: not audited, the registry does not answer audits\n`);
    continue;
  }
  const severe = Object.entries(parsed.data.vulnerabilities).filter(([, { severity }]) =>
    /high|critical/.test(severity),
  );
  for (const [name, { severity, via }] of severe) {
    process.stderr.write(`${folder}: ${name} (${severity}): ${via.join("; ")}\n`);
  }
  if (severe.length > 0) process.exitCode = 1;
  else process.stdout.write(`${folder}: no vulnerability that is high or critical\n`);
}

function parseJson(printed: string): unknown {
  try {
    return JSON.parse(printed) as unknown;
  } catch {
    return undefined;
  }
}
