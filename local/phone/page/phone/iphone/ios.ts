import type { Push, PushData, PushText } from "../../stack/push.ts";
import type { App } from "../app.ts";
import { Notifications } from "../notifications.ts";
import type { SavedIos } from "../saved-phones.ts";
import type { System, SystemOptions } from "../system.ts";
import { noteFor, notePush } from "../traced-client.ts";
import type { TracedCall } from "../trace.ts";
import { CallKit } from "./call-kit.ts";
import { IphoneApp } from "./iphone-app.ts";

/** iOS as the page shows it. */
export interface IosState extends SavedIos {
  /** Whether iOS has just ended the app for a call that it did not report. */
  readonly hasCrashed: boolean;
  /** Whether iOS still delivers VoIP pushes to this install. */
  readonly takesVoip: boolean;
}

type AlertPush = Push & Required<Pick<Push, "text">>;

/** Apple says "repeatedly", and no number. */
export const allowedMisses = 3;

/** iOS: VoIP pushes wake or start the app, which must report a call; alerts are shown without it. */
export class Ios implements System {
  readonly notifications: Notifications;
  readonly #options: SystemOptions;
  readonly #callKit: CallKit;
  #saved: SavedIos;
  #hasCrashed = false;
  #app: IphoneApp | undefined;

  constructor(options: SystemOptions, saved: SavedIos) {
    const { trace, onChange } = options.parts;
    this.#options = options;
    this.#saved = saved;
    this.notifications = new Notifications(onChange);
    this.#callKit = new CallKit(trace, onChange);
  }

  get state(): IosState {
    return { ...this.#saved, hasCrashed: this.#hasCrashed, takesVoip: this.#saved.misses < allowedMisses };
  }

  buildApp(extens: () => readonly string[]): App {
    this.#hasCrashed = false;
    this.#app = new IphoneApp({
      parts: this.#options.parts,
      extens,
      callKit: this.#callKit,
      onReported: ({ callId }) => this.#removeAlert(callId),
      onQuit: () => {
        this.#app = undefined;
      },
    });
    return this.#app;
  }

  setLocked(isLocked: boolean): void {
    if (isLocked === this.#saved.isLocked) return;
    this.#options.parts.trace.note({ kind: isLocked ? "locked" : "unlocked" });
    this.#save({ isLocked });
  }

  /** Makes the app forget to report calls, as a faulty app does. */
  setForgetful(forgetsToReport: boolean): void {
    this.#save({ forgetsToReport });
  }

  dismissCrash(): void {
    this.#hasCrashed = false;
    this.#options.parts.onChange();
  }

  async receive(push: Push): Promise<void> {
    const { data, text, channel } = push;
    const call = notePush(this.#options.parts.trace, push);
    if (channel === "apns") return this.#receiveVoip(data, call);
    if (text === undefined) return this.#receiveBackground(data, call);
    return this.#receiveAlert({ ...push, text }, call);
  }

  forgetInstall(): void {
    this.notifications.remove(() => true);
    this.#hasCrashed = false;
    this.#save({ misses: 0 });
  }

  async #receiveVoip(data: PushData, call: TracedCall | undefined): Promise<void> {
    const { process, parts } = this.#options;
    if (!this.state.takesVoip) return noteFor(parts.trace, call, { kind: "dropped" });
    await process.wake();
    const { reports } = this.#callKit;
    const handled = this.#saved.forgetsToReport ? undefined : this.#app?.receiveVoip(data, call);
    if (this.#callKit.reports === reports) return this.#endApp(call);
    await handled;
  }

  #endApp(call: TracedCall | undefined): void {
    const { process, parts } = this.#options;
    const misses = this.#saved.misses + 1;
    noteFor(parts.trace, call, { kind: "crashed", misses });
    this.#hasCrashed = true;
    this.#save({ misses });
    process.kill();
  }

  /** A background push goes to the app only, and only if it runs. */
  async #receiveBackground(data: PushData, call: TracedCall | undefined): Promise<void> {
    const { process, parts } = this.#options;
    const app = await process.find();
    if (app === undefined) return noteFor(parts.trace, call, { kind: "undelivered" });
    await app.receive(data, call);
  }

  /** An open app shows a call by CallKit; otherwise the system shows the text, and the app runs only if the push says so. */
  async #receiveAlert({ text, data, wakesApp = false }: AlertPush, call: TracedCall | undefined): Promise<void> {
    const { process } = this.#options;
    const isOpen = process.isOpen() && call !== undefined;
    const app = isOpen || wakesApp ? await process.find() : undefined;
    if (!isOpen || app === undefined) this.#showAlert(text, data, call);
    else if (data["type"] === "call_ended") this.#removeAlert(data["callId"]);
    await app?.receive(data, call);
  }

  #showAlert(text: PushText, data: PushData, call: TracedCall | undefined): void {
    this.notifications.show(text, data);
    noteFor(this.#options.parts.trace, call, { kind: "alerted" });
    // Both channels have brought this call: its app removes the alert.
    const { callId } = data;
    if (this.#callKit.calls.some((shown) => shown.callId === callId)) this.#removeAlert(callId);
  }

  #removeAlert(callId: string | undefined): void {
    if (callId === undefined || !this.notifications.remove(({ data }) => data["callId"] === callId)) return;
    this.#options.parts.trace.noteCall({ callId }, { kind: "alertRemoved" });
  }

  #save(change: Partial<SavedIos>): void {
    this.#saved = { ...this.#saved, ...change };
    this.#options.parts.onChange();
  }
}
