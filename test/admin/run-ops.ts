import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import type { CommandContext } from "../../admin/command/context.ts";
import { runOps } from "../../admin/command/program.ts";
import type { Services } from "../../functions/src/services.ts";

/** What a command printed and its exit code. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** What it printed as JSON. */
  readonly json: any;
}

/** Runs an operator's command in this process, on a test's services unless `context` overrides them. */
export async function ops(
  args: readonly string[],
  services?: Services,
  context: Partial<CommandContext> = {},
): Promise<Ran> {
  const printed = { out: "", err: "" };
  const capture = (stream: "out" | "err") => ({ write: (text: string) => void (printed[stream] += text) });
  const code = await runOps(args, {
    out: capture("out"),
    err: capture("err"),
    exitCode: 0,
    untilInterrupted: async () => undefined,
    openGoogleApi: () => {
      throw new Error("This command must not call Google");
    },
    connect: async () => {
      if (services === undefined) throw new Error("This command must not need services");
      return { services, close: async () => undefined };
    },
    ...context,
  });
  return {
    code,
    ...printed,
    get json() {
      return JSON.parse(printed.out);
    },
  };
}

/** A temporary folder of its own, which is removed after the tests of the file. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pbx-push-ops-"));
  folders.push(folder);
  return folder;
}

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
