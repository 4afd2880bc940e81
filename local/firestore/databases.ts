import { status } from "@grpc/grpc-js";

import { CommitClock } from "./commit-clock.ts";
import { Database } from "./database.ts";
import type { IndexConfig } from "./index-config.ts";
import { RpcError } from "./rpc-error.ts";

/** The databases, each created at its first use. */
export class Databases {
  readonly #byName = new Map<string, Database>();
  readonly #clock: CommitClock;
  readonly #indexes: IndexConfig | undefined;

  /** Without `indexes` every query is answered, as by an emulator. */
  constructor(now: () => number, indexes?: IndexConfig) {
    this.#clock = new CommitClock(now);
    this.#indexes = indexes;
  }

  /** The database of a resource name such as `projects/p/databases/(default)/documents/c/d`. */
  get(resourceName: unknown): Database {
    const match = typeof resourceName === "string" && /^projects\/[^/]+\/databases\/[^/]+/.exec(resourceName);
    if (match === false || match === null) {
      throw new RpcError(status.INVALID_ARGUMENT, `Not in any database: ${JSON.stringify(resourceName)}`);
    }
    const [name] = match;
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const database = new Database(name, this.#clock, this.#indexes);
    this.#byName.set(name, database);
    return database;
  }

  /** Clears one project's databases, or all. */
  reset(projectId?: string): void {
    for (const [name, database] of this.#byName) {
      if (projectId === undefined || name.startsWith(`projects/${projectId}/`)) database.reset();
    }
  }
}
