import { once } from "node:events";
import { connect, type Connection } from "../project/connect.ts";
import { createGoogleApi, type GoogleApi } from "../cloud/google-api.ts";
import type { Output } from "./progress-bar.ts";

/** What a command works with: its output, its exit code, and the clients and files that tests replace. */
export interface CommandContext {
  readonly out: Output;
  readonly err: Output;
  /** Exit code of a command that does not throw. */
  exitCode: number;
  /** Resolves at Ctrl-C; for commands that run until then. */
  readonly untilInterrupted: () => Promise<void>;
  readonly openGoogleApi: (projectId: string) => GoogleApi;
  readonly connect: (projectId: string, settings?: NodeJS.ProcessEnv) => Promise<Connection>;
}

/** The context of a command that a shell started: the standard streams of this process, and real clients. */
export function createContext(): CommandContext {
  return {
    out: process.stdout,
    err: process.stderr,
    exitCode: 0,
    untilInterrupted: async () => {
      await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
    },
    openGoogleApi: (projectId) => createGoogleApi({ projectId }),
    connect,
  };
}
