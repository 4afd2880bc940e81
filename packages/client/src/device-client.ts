import type { DeviceInput, Registered, RequestOrder } from "../../../functions/src/wire.ts";
import { systemClock, type Clock } from "./clock.ts";

export type { DeviceInput, Registered, RequestOrder };

/** What an app tells of itself when it registers; the client adds the rest. */
export type DeviceFacts = Omit<DeviceInput, "deviceId" | "order">;

/** What the client needs from the app. */
export interface DeviceClientOptions {
  /** The app install's own id, stored on the phone. */
  readonly deviceId: string;
  /** Calls the callable `registerDevice`. */
  readonly registerDevice: (input: DeviceInput) => Promise<Registered>;
  /** Calls the callable `unregisterDevice`. */
  readonly unregisterDevice: (input: Pick<DeviceInput, "deviceId" | "order">) => Promise<unknown>;
  readonly clock?: Clock;
}

const runLength = 20;

/**
 * Registers an app install and unregisters it, in the order in which the app asks for it, however long a request takes
 * on the way: one that arrives after a later one has no effect. Make one for each start of the app.
 */
export class DeviceClient {
  readonly #options: DeviceClientOptions;
  readonly #run: string;
  #count = 0;

  constructor(options: DeviceClientOptions) {
    this.#options = options;
    const clock = options.clock ?? systemClock;
    this.#run = Array.from({ length: runLength }, () => Math.floor(clock.random() * 36).toString(36)).join("");
  }

  /**
   * Registers the install for the user who is logged in: at every start of the app, and when its registration has
   * changed. Resolves to `undefined` if the app has registered again or unregistered since. Rejects if the service
   * cannot be reached.
   */
  async register(facts: DeviceFacts): Promise<Registered | undefined> {
    const { deviceId, registerDevice } = this.#options;
    return this.#send((order) => registerDevice({ ...facts, deviceId, order }));
  }

  /** Unregisters the install: call it before the user is logged out. Rejects if the service cannot be reached. */
  async unregister(): Promise<void> {
    const { deviceId, unregisterDevice } = this.#options;
    await this.#send((order) => unregisterDevice({ deviceId, order }));
  }

  async #send<Answer>(request: (order: RequestOrder) => Promise<Answer>): Promise<Answer | undefined> {
    this.#count += 1;
    const count = this.#count;
    const isOvertaken = () => count !== this.#count;
    try {
      const answer = await request({ run: this.#run, count });
      return isOvertaken() ? undefined : answer;
    } catch (error) {
      if (isOvertaken()) return undefined;
      throw error;
    }
  }
}
