import type { Deliveries } from "./eventarc.ts";
import { startFunction, type FunctionOptions, type FunctionProcess } from "./function-process.ts";

/** Which function runs, and in how many processes. */
export interface InstanceOptions extends Pick<FunctionOptions, "environment" | "priority"> {
  /** A function that takes events. */
  readonly name: string;
  readonly count: number;
  /** How many messages a process works at at once. */
  readonly concurrency: number;
  readonly deliveries: Deliveries;
}

/** The processes of one function, each brought messages. One that ends has another take its place, as the cloud does it. */
export interface Instances {
  /** Kills the process behind a URL in the middle of whatever it does; resolves when it is gone. */
  kill(url: string): Promise<void>;
  /** Everything that all of them, dead ones too, have written. */
  output(): string;
  /** Stops them all; rejects when a process could not be replaced. */
  stop(): Promise<void>;
}

/** Starts a function in so many processes, and resolves when all of them are brought messages. */
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
  readonly #everyone: FunctionProcess[] = [];
  readonly #replacements: Promise<void>[] = [];
  #isStopping = false;

  constructor(options: InstanceOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { name, deliveries, concurrency, ...how } = this.#options;
    const started = await startFunction(name, { ...how, signatureType: "cloudevent" });
    this.#everyone.push(started);
    this.#alive.set(started.url, started);
    void this.#replace(started, deliveries.addInstance(started.url, concurrency));
  }

  async #replace(instance: FunctionProcess, retire: () => void): Promise<void> {
    await instance.exited;
    retire();
    this.#alive.delete(instance.url);
    if (this.#isStopping) return;
    const replaced = this.start();
    // Whoever stops them hears of it.
    replaced.catch(() => undefined);
    this.#replacements.push(replaced);
  }

  async kill(url: string): Promise<void> {
    await this.#alive.get(url)?.kill();
  }

  output(): string {
    return this.#everyone.map((instance) => instance.output()).join("");
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    const replaced = await Promise.allSettled(this.#replacements);
    await Promise.all([...this.#alive.values()].map(async (instance) => instance.stop()));
    const failed = replaced.find((replacement) => replacement.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }
}
