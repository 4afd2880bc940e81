import type { CallClient } from "../../../../packages/client/src/call-client.ts";
import type { Call } from "../../../../packages/client/src/call.ts";
import type { Service } from "../stack/service.ts";
import { describeError } from "../stack/trouble.ts";
import type { AppState, PhoneCall } from "./app-state.ts";
import { CallHistory } from "./call-history.ts";
import { buildTracedClient, describe, notePush } from "./traced-client.ts";
import type { Trace, TracedCall } from "./trace.ts";

/** What the app is made of. */
export interface PhoneAppOptions {
  readonly deviceId: string;
  readonly service: Service;
  readonly trace: Trace;
  readonly onChange: () => void;
  /** The user has hung up: the phone's SIP leg ends, which has nothing to do with push. */
  readonly hangUpLeg: (linkedId: string) => void;
}

/** Registers an install with the service, as an app does at every start, and starts the app. */
export async function startPhoneApp(options: PhoneAppOptions, token: string, locale: string): Promise<PhoneApp> {
  const { deviceId, service, trace } = options;
  const extens = await service.registerDevice({ deviceId, token, locale });
  trace.note({ kind: "registered", extens });
  return new PhoneApp(options, extens);
}

/** The app on a phone: it is woken by pushes and takes the calls. */
export class PhoneApp {
  readonly #options: PhoneAppOptions;
  readonly #extens: readonly string[];
  readonly #client: CallClient;
  readonly #history: CallHistory;
  readonly #answeredAt = new Map<string, number>();
  #lastEnded: AppState["lastEnded"];
  /** The call whose push has woken the suspended app. */
  #wokenFor: TracedCall | undefined;
  /** Whether it is on the screen, and not in the background. */
  #isOpen = false;
  #underWay = 0;

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

  /** Takes the data of a push message. */
  async receive(data: Readonly<Record<string, string>>): Promise<void> {
    const call = notePush(this.#options.trace, data);
    if (this.#client.connection === "disconnected") this.#wokenFor = call;
    await this.#stayAwakeFor(() => this.#client.receivePush(data));
  }

  /** Connects and loads what the app shows. */
  open(): void {
    this.#isOpen = true;
    this.#wokenFor = undefined;
    void this.#stayAwakeFor(() => this.#client.ensureConnected());
    void this.#history.load();
  }

  /** Is suspended once it has nothing to do: the WebSocket closes, and only a push opens it again. */
  restWhenIdle(): void {
    this.#isOpen = false;
    if (this.#underWay > 0 || this.#client.calls.length > 0 || this.#client.connection === "disconnected") return;
    this.#client.disconnect();
    if (this.#wokenFor === undefined) this.#options.trace.note({ kind: "asleep" });
    else this.#options.trace.noteCall(this.#wokenFor, { kind: "asleep" });
    this.#wokenFor = undefined;
  }

  /** Loses the network. A call that rings goes on ringing, as it does on a phone. */
  disconnect(): void {
    this.#client.disconnect();
  }

  /** Is killed: whoever talks on it is cut off. */
  quit(): void {
    for (const { linkedId, state } of this.#client.calls) if (state === "active") this.#options.hangUpLeg(linkedId);
    this.#client.disconnect();
  }

  /** Loads the history again where somebody may look at it. */
  refreshHistory(): void {
    if (this.#isOpen) this.#history.refresh();
  }

  /** The user has seen what became of the last call. */
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
    await this.#stayAwakeFor(() => this.#client.answer(id));
  }

  async decline(id: string): Promise<void> {
    await this.#stayAwakeFor(() => this.#client.decline(id));
  }

  async hangUp(id: string): Promise<void> {
    const call = this.#client.calls.find((one) => one.id === id);
    if (call === undefined) return;
    this.#options.hangUpLeg(call.linkedId);
    await this.#stayAwakeFor(() => this.#client.hangUp(id));
  }

  #date(call: Call): PhoneCall {
    return { ...call, answeredAt: this.#answeredAt.get(call.id) };
  }

  /** Does something that the app must not be suspended for: from before its first step to after its last. */
  async #stayAwakeFor(work: () => Promise<void>): Promise<void> {
    this.#underWay += 1;
    this.#options.onChange();
    try {
      await work();
    } catch (error) {
      this.#options.trace.note({ kind: "failed", what: "connection", why: describeError(error) });
    } finally {
      this.#underWay -= 1;
      this.#options.onChange();
    }
  }
}
