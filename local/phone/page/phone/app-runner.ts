import type { DeviceClient } from "../../../../packages/client/src/device-client.ts";
import type { Platform } from "../stack/push.ts";
import type { Address } from "../stack/push-service.ts";
import { describeError } from "../stack/stack-error.ts";
import type { App } from "./app.ts";
import type { Trace } from "./trace.ts";

/** Options of the process of a phone's app. */
export interface AppRunnerOptions {
  readonly platform: Platform;
  readonly devices: DeviceClient;
  readonly trace: Trace;
  readonly locale: () => string;
  /** Builds the app for a user with these extens, as far as they are known. */
  readonly build: (extens: () => readonly string[]) => App;
}

/** Starts a phone's app, and ends it. It registers with the service at every start. */
export class AppRunner {
  readonly #options: AppRunnerOptions;
  /** The answer of the last registration, which an app stores. */
  #extens: readonly string[] = [];
  #app: App | undefined;
  #starting: Promise<App> | undefined;

  constructor(options: AppRunnerOptions) {
    this.#options = options;
  }

  /** The app; `undefined` if it does not run. */
  get app(): App | undefined {
    return this.#app;
  }

  /** The app; if there is none, waits for a start by the user. A failed start is shown elsewhere. */
  async find(): Promise<App | undefined> {
    return this.#app ?? this.#starting?.catch(() => undefined);
  }

  /** A start by the user: the app first learns its extens. Rejects if the service cannot be reached. */
  async start(address: Address): Promise<App> {
    this.#starting ??= this.#registerAndBuild(address);
    return this.#starting;
  }

  /**
   * A start by a push, unless the app runs. The app handles the push before anything else, also while a start by the user
   * waits for the service.
   */
  launch(address: Address): void {
    if (this.#app !== undefined) return;
    const app = this.#build();
    if (this.#starting !== undefined) return;
    this.#starting = Promise.resolve(app);
    this.#options.trace.note({ kind: "launched" });
    this.#register(address).catch((error: unknown) => {
      // The next start registers.
      this.#options.trace.note({ kind: "failed", what: "registration", why: describeError(error) });
    });
  }

  quit(): void {
    this.#app?.quit();
    this.#app = undefined;
    this.#starting = undefined;
  }

  async #registerAndBuild(address: Address): Promise<App> {
    try {
      await this.#register(address);
      return this.#app ?? this.#build();
    } catch (error) {
      this.#starting = undefined;
      throw error;
    }
  }

  #build(): App {
    this.#app = this.#options.build(() => this.#extens);
    return this.#app;
  }

  async #register({ token, voip }: Address): Promise<void> {
    const { platform, devices, trace, locale } = this.#options;
    const registered = await devices.register({
      platform,
      registration: { kind: "token", value: token },
      ...(voip !== undefined && { voip }),
      locale: locale(),
    });
    this.#extens = registered?.extens ?? this.#extens;
    trace.note({ kind: "registered", extens: this.#extens });
  }
}
