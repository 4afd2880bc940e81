import type { CallEnd, CallState, EndReason } from "../../../../../packages/client/src/call-client.ts";
import type { Call } from "../../../../../packages/client/src/call.ts";
import type { Channel, PushData } from "../../stack/push.ts";
import type { App } from "../app.ts";
import type { AppState } from "../app-state.ts";
import { PhoneApp, type AppParts } from "../phone-app.ts";
import type { TracedCall } from "../trace.ts";
import type { CallKit, ReportedCall } from "./call-kit.ts";
import { isEndReason, readReportedCall } from "./voip-push.ts";

/** Options of an iPhone's app. */
export interface IphoneAppOptions {
  readonly parts: AppParts;
  readonly extens: readonly string[];
  readonly callKit: CallKit;
  /** Called when CallKit has a call: the app removes its alert. */
  readonly onReported: (call: ReportedCall) => void;
}

/** An app on an iPhone: it reports its calls to CallKit, which shows them before the client has reached the PBX. */
export class IphoneApp implements App {
  readonly #options: IphoneAppOptions;
  readonly #app: PhoneApp;
  /** What the user has decided about calls that the client has not got ready yet. */
  readonly #decisions = new Map<string, "answer" | "decline">();
  /** Why calls are over, by their callId. */
  readonly #reasons = new Map<string, EndReason>();
  /** The callIds of the calls that the client is getting ready. */
  readonly #starting = new Set<string>();
  #hasQuit = false;

  constructor(options: IphoneAppOptions) {
    this.#options = options;
    this.#app = new PhoneApp(options.parts, options.extens, {
      show: (call) => this.#show(call),
      end: (call, reason) => this.#end(call, reason),
      follow: ({ callId, reason }: CallState) => this.#noteReason(callId, reason),
    });
  }

  get state(): AppState {
    const { calls, lastEnded } = this.#options.callKit;
    return { ...this.#app.state, calls, lastEnded };
  }

  /** Handles a VoIP push: reports its call before anything else. */
  async receiveVoip(data: PushData, call: TracedCall | undefined): Promise<void> {
    const reported = readReportedCall(data);
    this.#report(reported);
    await this.receive(data, call, "apns");
    // iOS wants a call for every push, also for one without a call.
    if (data["callId"] === undefined) this.#options.callKit.end(reported, "failed");
  }

  async receive(data: PushData, call: TracedCall | undefined, channel: Channel = "fcm"): Promise<void> {
    const { type, callId = "", reason } = data;
    if (type === "call_ended") this.#noteReason(callId, reason);
    const isStarting = this.#starting.has(callId);
    if (type === "incoming_call") this.#starting.add(callId);
    await this.#app.receive(data, call, channel);
    // A second push of a call does not say how far the client is with it.
    if (type === "incoming_call" && isStarting) return;
    this.#starting.delete(callId);
    this.#endSilently(callId);
  }

  async answer(id: string): Promise<void> {
    this.#options.callKit.answer(id);
    if (this.#hasReady(id)) await this.#connect(id);
    else this.#decisions.set(id, "answer");
  }

  async decline(id: string): Promise<void> {
    if (this.#hasReady(id)) await this.#app.decline(id);
    else this.#giveUp(id, "declined");
  }

  async hangUp(id: string): Promise<void> {
    if (this.#hasReady(id)) await this.#app.hangUp(id);
    else this.#giveUp(id, "hung_up");
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
    this.#hasQuit = true;
    this.#app.quit();
    this.#options.callKit.reset();
  }

  refreshHistory(): void {
    this.#app.refreshHistory();
  }

  dismissEnded(): void {
    this.#options.callKit.dismissEnded();
  }

  /** The client has a call ready, or the PBX's WebSocket has announced one. */
  #show(call: Call): void {
    if (this.#hasQuit) return;
    const decision = this.#decisions.get(call.id);
    this.#decisions.delete(call.id);
    if (decision === "decline") return void this.#app.decline(call.id);
    if (decision === "answer") return void this.#connect(call.id);
    this.#report(call);
  }

  /** The client has ended a call. The user may have done so in CallKit before. */
  #end(call: Call, reason: CallEnd): void {
    const isShown = this.#options.callKit.calls.some(({ id }) => id === call.id);
    const isMissed = reason === "unreachable" && !this.#decisions.has(call.id);
    if (!this.#hasQuit && (isShown || isMissed)) this.#options.callKit.end(call, reason);
  }

  /** Ends a call that the client has ended without an event, because it was not ready yet. */
  #endSilently(callId: string): void {
    const shown = this.#options.callKit.calls.find((call) => call.callId === callId);
    if (shown === undefined || this.#hasReady(shown.id) || this.#starting.has(callId)) return;
    this.#options.callKit.end(shown, this.#reasons.get(callId) ?? "cancelled");
  }

  #report(call: ReportedCall): void {
    this.#options.callKit.report(call);
    this.#options.onReported(call);
  }

  async #connect(id: string): Promise<void> {
    this.#options.callKit.connect(id);
    await this.#app.answer(id);
  }

  #giveUp(id: string, reason: CallEnd): void {
    const shown = this.#options.callKit.calls.find((call) => call.id === id);
    if (shown === undefined) return;
    this.#decisions.set(id, "decline");
    this.#options.callKit.end(shown, reason);
  }

  #noteReason(callId: string, reason: string | undefined): void {
    if (isEndReason(reason)) this.#reasons.set(callId, reason);
  }

  /** Whether the client has this call, too. */
  #hasReady(id: string): boolean {
    return this.#app.state.calls.some((call) => call.id === id);
  }
}
