import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { parseCount, type Benchmark } from "../benchmark.ts";
import { exten, key } from "../callee.ts";
import { runChild } from "../children/child.ts";
import type { Report } from "../report.ts";
import type { PostedMany, PostManyInput } from "../requests/post-many.ts";
import type { Work } from "../requests/post.ts";
import { startStage } from "../stage.ts";
import { computeShares, type CpuProfile } from "./cpu-shares.ts";

/** CPU time of a request by package, from V8's profiler. */
export const profile: Benchmark = {
  usage: "[--path /calls|/send] [--requests 20000]",
  short: "it has no promise",
  run: async (args) => {
    const options = {
      path: { type: "string", default: "/calls" },
      requests: { type: "string", default: "20000" },
    } as const;
    const { values } = parseArgs({ args: [...args], options });
    const { path } = values;
    if (path !== "/calls" && path !== "/send") throw new RangeError("--path must be /calls or /send");
    const requests = parseCount("requests", values.requests);
    return describe(path, await takeProfile(path, requests));
  },
};

/** Serves `count` requests in a process that is profiled from its start to its end. */
async function takeProfile(path: Work["path"], count: number): Promise<CpuProfile> {
  const folder = await mkdtemp(join(tmpdir(), "pbx-push-profile-"));
  const stage = await startStage("demo-bench-profile", { flags: ["--cpu-prof", `--cpu-prof-dir=${folder}`] });
  try {
    const work: Work = path === "/send" ? { path, token: stage.token } : { path, exten };
    const input: PostManyInput = { url: stage.pbx.url, key, work, from: 0, count, concurrency: 16 };
    await runChild<PostedMany>(new URL("../requests/post-many.ts", import.meta.url), input);
    await stage.pbx.stop();
    const [file = ""] = await readdir(folder);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by V8
    return JSON.parse(await readFile(join(folder, file), "utf8")) as CpuProfile;
  } finally {
    await stage.close();
    await rm(folder, { recursive: true });
  }
}

function describe(path: string, taken: CpuProfile): Report {
  const shares = computeShares(taken);
  return {
    title: `CPU time of POST ${path} by package; Node's work for a package counts for that package`,
    columns: ["package", "% of the time"],
    rows: shares.filter(({ share }) => share >= 0.01).map(({ name, share }) => [name, share * 100]),
    bars: [],
    result: { shares },
  };
}
