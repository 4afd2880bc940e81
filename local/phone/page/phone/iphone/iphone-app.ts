import type { CallEnd, EndReason, PushResult } from "../../../../../packages/client/src/call-client.ts";
import type { Call } from "../../../../../packages/client/src/call.ts";
import { isEndReason } from "../../../../../packages/client/src/push-data.ts";
import type { PushData } from "../../stack/push.ts";
import type { App } from "../app.ts";
import type { AppState } from "../app-state.ts";
import { PhoneApp, type AppParts } from "../phone-app.ts";
import type { TracedCall } from "../trace.ts";
import type { CallKit, ReportedCall } from "./call-kit.ts";
import { readReportedCall } from "./voip-push.ts";

/** Options of an iPhone's app. */
export interface IphoneAppOptions {
  readonly parts: AppParts;
  readonly extens: () => readonly string[];
  readonly callKit: CallKit;
  /** Called when CallKit has a call: the app removes its alert. */
  readonly onReported: (call: ReportedCall) => void;
  readonly onQuit: () => void;
}

/** An app on an iPhone: it reports its calls to CallKit, which shows them before the client has reached the PBX. */
export class IphoneApp implements App {
  readonly #options: IphoneAppOptions;
  readonly #app: PhoneApp;
  /** Why calls are over, by their callId: an end push may come before its call. */
  readonly #reasons = new Map<string, EndReason>();

  constructor(options: IphoneAppOptions) {
    this.#options = options;
    this.#app = new PhoneApp(options.parts, options.extens, {
      show: (call) => this.#report(call),
      answer: (call) => {
        options.callKit.answer(call.id);
        this.#connectAnswered();
      },
      connect: () => this.#connectAnswered(),
      end: (call, reason) => this.#end(call, reason),
    });
  }

  get state(): AppState {
    const { calls, lastEnded } = this.#options.callKit;
    return { ...this.#app.state, calls, lastEnded };
  }

  /** Handles a VoIP push: reports its call before anything else. iOS wants a call for every push, also without one. */
  async receiveVoip(data: PushData, call: TracedCall | undefined): Promise<void> {
    const reported = readReportedCall(data);
    this.#report(reported);
    const result = await this.#receive(data, call);
    if (result === "ignored") this.#endShown(reported, "failed");
    if (result === "over") this.#endShown(reported, this.#reasons.get(reported.id) ?? "cancelled");
  }

  async receive(data: PushData, call: TracedCall | undefined): Promise<void> {
    const { type, callId = "", reason } = data;
    if (type === "call_ended" && isEndReason(reason)) this.#reasons.set(callId, reason);
    await this.#receive(data, call);
  }

  async answer(id: string): Promise<void> {
    await this.#app.answer(id);
  }

  async decline(id: string): Promise<void> {
    await this.#app.decline(id);
  }

  async hangUp(id: string): Promise<void> {
    await this.#app.hangUp(id);
  }

  open(): void {
    this.#app.open();
  }

  suspendWhenIdle(): void {
    this.#app.suspendWhenIdle();
  }

  disconnect(): void {
    this.#app.disconnect();
  }

  quit(): void {
    this.#app.quit();
    this.#options.callKit.reset();
    this.#options.onQuit();
  }

  refreshHistory(): void {
    this.#app.refreshHistory();
  }

  dismissEnded(): void {
    this.#options.callKit.dismissEnded();
  }

  /** CallKit shows every call, also one that FCM brings: no push is certain to end it. */
  async #receive(data: PushData, call: TracedCall | undefined): Promise<PushResult | undefined> {
    return this.#app.receive(data, call, "apns");
  }

  #report(call: ReportedCall): void {
    this.#options.callKit.report(call);
    this.#options.onReported(call);
  }

  /** CallKit counts the time of an answered call from when the app has its PBX. */
  #connectAnswered(): void {
    const { callKit } = this.#options;
    if (this.#app.state.connection !== "connected") return;
    for (const { id, state, answeredAt } of callKit.calls) {
      if (state === "active" && answeredAt === undefined) callKit.connect(id);
    }
  }

  /** The client has ended a call; one that was never shown is listed as missed. */
  #end(call: Call, reason: CallEnd): void {
    if (reason === "unreachable") this.#options.callKit.end(call, reason);
    else this.#endShown(call, reason);
  }

  #endShown(call: ReportedCall, reason: CallEnd): void {
    const { callKit } = this.#options;
    if (callKit.calls.some(({ id }) => id === call.id)) callKit.end(call, reason);
  }
}
