import type { CallClient } from "../../../../packages/client/src/call-client.ts";
import type { Call } from "../../../../packages/client/src/call.ts";
import type { DeviceClient } from "../../../../packages/client/src/device-client.ts";
import type { Service } from "../stack/service.ts";
import { describeError } from "../stack/stack-error.ts";
import type { AppState, PhoneCall } from "./app-state.ts";
import { CallHistory } from "./call-history.ts";
import { buildTracedClient, describe, notePush } from "./traced-client.ts";
import type { Trace, TracedCall } from "./trace.ts";

/** Options of the app. */
export interface PhoneAppOptions {
  readonly deviceId: string;
  readonly devices: DeviceClient;
  readonly service: Service;
  readonly trace: Trace;
  readonly onChange: () => void;
  /** The user hung up: ends the phone's SIP leg, which has nothing to do with push. */
  readonly hangUpLeg: (linkedId: string) => void;
}

/** Registers an install with the service, as an app does at every start, and starts the app. */
export async function startPhoneApp(options: PhoneAppOptions, token: string, locale: string): Promise<PhoneApp> {
  const { devices, trace } = options;
  const registered = await devices.register({
    platform: "android",
    registration: { kind: "token", value: token },
    locale,
  });
  const extens = registered?.extens ?? [];
  trace.note({ kind: "registered", extens });
  return new PhoneApp(options, extens);
}

/** The app on a phone: pushes wake it, and it takes the calls. */
export class PhoneApp {
  readonly #options: PhoneAppOptions;
  readonly #extens: readonly string[];
  readonly #client: CallClient;
  readonly #history: CallHistory;
  readonly #answeredAt = new Map<string, number>();
  #lastEnded: AppState["lastEnded"];
  /** The call whose push woke the suspended app. */
  #wokenFor: TracedCall | undefined;
  /** Whether it is in the foreground. */
  #isOpen = false;
  #pendingWork = 0;

  constructor(options: PhoneAppOptions, extens: readonly string[]) {
    this.#options = options;
    this.#extens = extens;
    this.#client = buildTracedClient({ ...options, extens });
    this.#history = new CallHistory(options.service, options.onChange);
    this.#client.on("connection", options.onChange);
    this.#client.on("incoming", options.onChange);
    this.#client.on("ended", (call, reason) => {
      this.#lastEnded = { call: this.#date(call), reason, at: Date.now() };
      this.refreshHistory();
      options.onChange();
    });
  }

  get state(): AppState {
    const calls = this.#client.calls.map((call) => this.#date(call));
    const { connection } = this.#client;
    return { extens: this.#extens, connection, calls, lastEnded: this.#lastEnded, history: this.#history.state };
  }

  /** Handles the data of a push message. */
  async receive(data: Readonly<Record<string, string>>): Promise<void> {
    const call = notePush(this.#options.trace, data);
    if (this.#client.connection === "disconnected") this.#wokenFor = call;
    await this.#keepAwake(() => this.#client.receivePush(data));
  }

  /** Opens the app: connects, and loads the history. */
  open(): void {
    this.#isOpen = true;
    this.#wokenFor = undefined;
    void this.#keepAwake(() => this.#client.ensureConnected());
    void this.#history.load();
  }

  /** Suspends the app if it is idle: closes the WebSocket, which only a push opens again. */
  suspendWhenIdle(): void {
    this.#isOpen = false;
    if (this.#pendingWork > 0 || this.#client.calls.length > 0 || this.#client.connection === "disconnected") return;
    this.#client.disconnect();
    if (this.#wokenFor === undefined) this.#options.trace.note({ kind: "asleep" });
    else this.#options.trace.noteCall(this.#wokenFor, { kind: "asleep" });
    this.#wokenFor = undefined;
  }

  /** Loses the network. A ringing call rings on, as on a real phone. */
  disconnect(): void {
    this.#client.disconnect();
  }

  /** Kills the app; active calls end. */
  quit(): void {
    for (const { linkedId, state } of this.#client.calls) if (state === "active") this.#options.hangUpLeg(linkedId);
    this.#client.disconnect();
  }

  /** Reloads the history if the app is open. */
  refreshHistory(): void {
    if (this.#isOpen) this.#history.refresh();
  }

  /** Removes the end of the last call from the screen. */
  dismissEnded(): void {
    this.#lastEnded = undefined;
    this.#options.onChange();
  }

  async answer(id: string): Promise<void> {
    const call = this.#client.calls.find((one) => one.id === id);
    if (call?.state !== "ringing") return;
    for (const { id: other, state } of this.#client.calls) if (state === "active") void this.hangUp(other);
    this.#options.trace.noteCall(describe(call), { kind: "answered" });
    this.#answeredAt.set(id, Date.now());
    await this.#keepAwake(() => this.#client.answer(id));
  }

  async decline(id: string): Promise<void> {
    await this.#keepAwake(() => this.#client.decline(id));
  }

  async hangUp(id: string): Promise<void> {
    const call = this.#client.calls.find((one) => one.id === id);
    if (call === undefined) return;
    this.#options.hangUpLeg(call.linkedId);
    await this.#keepAwake(() => this.#client.hangUp(id));
  }

  #date(call: Call): PhoneCall {
    return { ...call, answeredAt: this.#answeredAt.get(call.id) };
  }

  /** Runs work during which the app must not be suspended. */
  async #keepAwake(work: () => Promise<unknown>): Promise<void> {
    this.#pendingWork += 1;
    this.#options.onChange();
    try {
      await work();
    } catch (error) {
      this.#options.trace.note({ kind: "failed", what: "connection", why: describeError(error) });
    } finally {
      this.#pendingWork -= 1;
      this.#options.onChange();
    }
  }
}
