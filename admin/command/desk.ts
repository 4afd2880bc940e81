import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { secretFile } from "../../local/stack/demo-secret.ts";
import { connect, type Connection } from "../project/connect.ts";
import { createGoogleApi, type GoogleApi } from "../cloud/google-api.ts";
import type { Output } from "./progress-bar.ts";

/** Where an operator's command is given: what it prints to, and what it reaches other than by the network. */
export interface Desk {
  readonly out: Output;
  readonly err: Output;
  /** What the shell gets when nothing is thrown. */
  exitCode: number;
  /** Resolves at Ctrl-C, for what goes on until then. */
  readonly untilInterrupted: () => Promise<void>;
  /** The local stack's file of secrets. */
  readonly secretFile: string;
  /** The script of the Firebase CLI. */
  readonly firebase: string;
  readonly openGoogleApi: (projectId: string) => GoogleApi;
  readonly connect: (projectId: string, settings?: NodeJS.ProcessEnv) => Promise<Connection>;
}

/** The desk of whoever runs this process. */
export function openDesk(): Desk {
  return {
    out: process.stdout,
    err: process.stderr,
    exitCode: 0,
    untilInterrupted: async () => {
      await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
    },
    secretFile,
    firebase: fileURLToPath(new URL("../../node_modules/.bin/firebase", import.meta.url)),
    openGoogleApi: (projectId) => createGoogleApi({ projectId }),
    connect,
  };
}
