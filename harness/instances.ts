import type { Deliveries } from "./eventarc.ts";
import { startFunction, type FunctionOptions, type FunctionProcess } from "./function-process.ts";

/** The function to run, and in how many processes. */
export interface InstanceOptions extends Pick<FunctionOptions, "environment" | "priority"> {
  /** Name of a function that takes events. */
  readonly name: string;
  readonly count: number;
  /** In-flight limit of a process. */
  readonly concurrency: number;
  readonly deliveries: Deliveries;
}

/** The processes of one function, which all get messages. A process that ends is replaced, as in the cloud. */
export interface Instances {
  /** Kills the process behind a URL at once; resolves when it is gone. */
  kill(url: string): Promise<void>;
  /** The output of all processes, dead ones included. */
  output(): string;
  /** Stops all processes; rejects if one could not be replaced. */
  stop(): Promise<void>;
}

/** Starts `count` processes of a function; resolves when all of them get messages. */
export async function startInstances(options: InstanceOptions): Promise<Instances> {
  const set = new InstanceSet(options);
  try {
    await Promise.all(Array.from({ length: options.count }, async () => set.start()));
    return set;
  } catch (error) {
    await set.stop().catch(() => undefined);
    throw error;
  }
}

class InstanceSet implements Instances {
  readonly #options: InstanceOptions;
  readonly #alive = new Map<string, FunctionProcess>();
  readonly #started: FunctionProcess[] = [];
  readonly #replacements: Promise<void>[] = [];
  #isStopping = false;

  constructor(options: InstanceOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { name, deliveries, concurrency, ...how } = this.#options;
    const started = await startFunction(name, { ...how, signatureType: "cloudevent" });
    this.#started.push(started);
    this.#alive.set(started.url, started);
    void this.#replace(started, deliveries.addInstance(started.url, concurrency));
  }

  async #replace(instance: FunctionProcess, retire: () => void): Promise<void> {
    await instance.exited;
    retire();
    this.#alive.delete(instance.url);
    if (this.#isStopping) return;
    const replaced = this.start();
    // `stop` rejects with this error.
    replaced.catch(() => undefined);
    this.#replacements.push(replaced);
  }

  async kill(url: string): Promise<void> {
    await this.#alive.get(url)?.kill();
  }

  output(): string {
    return this.#started.map((instance) => instance.output()).join("");
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    const replaced = await Promise.allSettled(this.#replacements);
    await Promise.all([...this.#alive.values()].map(async (instance) => instance.stop()));
    const failed = replaced.find((replacement) => replacement.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }
}
