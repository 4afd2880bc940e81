import type { CallClient, CallEnd, PushResult, TextStorage } from "../../../../packages/client/src/call-client.ts";
import type { Call } from "../../../../packages/client/src/call.ts";
import type { Channel, PushData } from "../stack/push.ts";
import type { Service } from "../stack/service.ts";
import { describeError } from "../stack/stack-error.ts";
import type { App } from "./app.ts";
import type { AppState, PhoneCall } from "./app-state.ts";
import { CallHistory } from "./call-history.ts";
import type { Network } from "./network.ts";
import { buildTracedClient, describe } from "./traced-client.ts";
import type { Trace, TracedCall } from "./trace.ts";

/** What every app gets from its phone. */
export interface AppParts {
  readonly deviceId: string;
  readonly storage: TextStorage;
  readonly service: Pick<Service, "getServerSettings" | "reportCall" | "listCalls">;
  readonly network: Pick<Network, "buildWebSocket">;
  readonly trace: Trace;
  readonly onChange: () => void;
  /** The user hung up: ends the phone's SIP leg, which has nothing to do with push. */
  readonly hangUpLeg: (linkedId: string) => void;
}

/** Where the app's calls are shown, and traced. */
export interface CallScreen {
  show(call: Call): void;
  /** The user has answered; the app may still be connecting. */
  answer?(call: Call): void;
  /** The app has got to its PBX. */
  connect?(): void;
  end(call: Call, reason: CallEnd): void;
}

/** The app on a phone: pushes wake it, and it takes the calls. */
export class PhoneApp implements App {
  readonly #options: AppParts;
  readonly #extens: () => readonly string[];
  readonly #client: CallClient;
  readonly #history: CallHistory;
  readonly #answeredAt = new Map<string, number>();
  #lastEnded: AppState["lastEnded"];
  /** The call whose push woke the suspended app. */
  #wokenFor: TracedCall | undefined;
  /** Whether it is in the foreground. */
  #isOpen = false;
  #pendingWork = 0;

  constructor(options: AppParts, extens: () => readonly string[], screen: CallScreen) {
    this.#options = options;
    this.#extens = extens;
    this.#client = buildTracedClient({ ...options, extens });
    this.#history = new CallHistory(options.service, options.onChange);
    this.#client.on("connection", (state) => {
      if (state === "connected") screen.connect?.();
      options.onChange();
    });
    this.#client.on("incoming", (call) => {
      screen.show(call);
      options.onChange();
    });
    this.#client.on("answered", (call) => {
      this.#takeAnswered(call);
      screen.answer?.(call);
      options.onChange();
    });
    this.#client.on("ended", (call, reason) => {
      this.#lastEnded = { call: this.#date(call), reason, at: Date.now() };
      screen.end(call, reason);
      this.refreshHistory();
      options.onChange();
    });
  }

  get state(): AppState {
    const calls = this.#client.calls.map((call) => this.#date(call));
    const { connection } = this.#client;
    return { extens: this.#extens(), connection, calls, lastEnded: this.#lastEnded, history: this.#history.state };
  }

  /** Resolves to what has become of the push's call. */
  async receive(
    data: PushData,
    call: TracedCall | undefined,
    channel: Channel = "fcm",
  ): Promise<PushResult | undefined> {
    if (this.#client.connection === "disconnected") this.#wokenFor = call;
    return this.#keepAwake(() => this.#client.receivePush(data, { channel }));
  }

  open(): void {
    this.#isOpen = true;
    this.#wokenFor = undefined;
    void this.#keepAwake(() => this.#client.ensureConnected());
    void this.#history.load();
  }

  suspendWhenIdle(): void {
    this.#isOpen = false;
    if (this.#pendingWork > 0 || this.#client.calls.length > 0 || this.#client.connection === "disconnected") return;
    this.#client.disconnect();
    if (this.#wokenFor === undefined) this.#options.trace.note({ kind: "asleep" });
    else this.#options.trace.noteCall(this.#wokenFor, { kind: "asleep" });
    this.#wokenFor = undefined;
  }

  disconnect(): void {
    this.#client.disconnect();
  }

  quit(): void {
    for (const { linkedId, state } of this.#client.calls) if (state === "active") this.#options.hangUpLeg(linkedId);
    this.#history.stop();
    this.#client.close();
  }

  refreshHistory(): void {
    if (this.#isOpen) this.#history.refresh();
  }

  dismissEnded(): void {
    this.#lastEnded = undefined;
    this.#options.onChange();
  }

  async answer(id: string): Promise<void> {
    await this.#keepAwake(() => this.#client.answer(id));
  }

  async decline(id: string): Promise<void> {
    await this.#keepAwake(() => this.#client.decline(id));
  }

  async hangUp(id: string): Promise<void> {
    const call = this.#client.calls.find((one) => one.id === id);
    if (call?.state === "active") this.#options.hangUpLeg(call.linkedId);
    await this.#keepAwake(() => this.#client.hangUp(id));
  }

  /** A phone has one active call. */
  #takeAnswered(call: Call): void {
    for (const { id, state } of this.#client.calls) if (state === "active" && id !== call.id) void this.hangUp(id);
    this.#options.trace.noteCall(describe(call), { kind: "answered" });
    this.#answeredAt.set(call.id, Date.now());
  }

  #date(call: Call): PhoneCall {
    return { ...call, answeredAt: this.#answeredAt.get(call.id) };
  }

  /** Runs work during which the app must not be suspended. */
  async #keepAwake<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    this.#pendingWork += 1;
    this.#options.onChange();
    try {
      return await work();
    } catch (error) {
      this.#options.trace.note({ kind: "failed", what: "connection", why: describeError(error) });
      return undefined;
    } finally {
      this.#pendingWork -= 1;
      this.#options.onChange();
    }
  }
}
