import { DeviceClient } from "../../../../packages/client/src/device-client.ts";
import type { Fcm, Push } from "../stack/fcm.ts";
import { Service } from "../stack/service.ts";
import type { Session } from "../stack/session.ts";
import { Install } from "./install.ts";
import type { HandsetState } from "./handset-state.ts";
import { startPhoneApp, type PhoneApp } from "./phone-app.ts";
import type { Mode, SavedPhone } from "./saved-phones.ts";
import { Trace } from "./trace.ts";

/** Options of a phone. */
export interface HandsetOptions {
  readonly saved: SavedPhone;
  /** A token that the stack has created for this phone; used if the saved one is unknown. */
  readonly spareToken: string | undefined;
  readonly fcm: Fcm;
  readonly functionsUrl: string;
  readonly session: Session;
  readonly locale: () => string;
  readonly onChange: () => void;
  readonly hangUpLeg: (linkedId: string) => void;
}

/** A phone: a system, which receives pushes in any state of the app, and the app. */
export class Handset {
  readonly #options: HandsetOptions;
  readonly #trace: Trace;
  readonly #install: Install;
  readonly #service: Service;
  readonly #devices: DeviceClient;
  #mode: Mode | undefined;
  #wanted: Mode;
  #isSettling = false;
  #hasNetwork = false;
  #isLoggingOut = false;
  #error: unknown;
  #app: PhoneApp | undefined;
  #startingApp: Promise<PhoneApp> | undefined;
  #notification: Push["notification"];

  constructor(options: HandsetOptions) {
    const { saved, fcm, functionsUrl, session, onChange } = options;
    this.#options = options;
    this.#wanted = saved.mode;
    this.#trace = new Trace(onChange);
    this.#install = new Install(fcm, saved.token, {
      onPush: (push) => void this.#receive(push),
      onLive: onChange,
    });
    this.#service = new Service(functionsUrl, session, () => this.#hasNetwork);
    this.#devices = new DeviceClient({
      deviceId: saved.deviceId,
      registerDevice: async (input) => this.#service.registerDevice(input),
      unregisterDevice: async (input) => this.#service.unregisterDevice(input),
    });
  }

  get state(): HandsetState {
    const { token: _before, ...saved } = this.#options.saved;
    const { token, isListening } = this.#install;
    return {
      saved: { ...saved, mode: this.#wanted, ...(token !== undefined && { token }) },
      mode: this.#mode,
      target: this.#isSettling ? this.#wanted : undefined,
      error: this.#error,
      isListening,
      app: this.#app?.state,
      notification: this.#notification,
      trace: this.#trace,
    };
  }

  /** The app; `undefined` if it does not run. */
  get app(): PhoneApp | undefined {
    return this.#app;
  }

  /** Starts the phone, or retries a failed switch. */
  async start(): Promise<void> {
    if (this.#isSettling) return;
    this.#isSettling = true;
    this.#error = undefined;
    this.#options.onChange();
    try {
      if (this.#mode === undefined) await this.#recover();
      while (this.#mode !== this.#wanted) {
        const target = this.#wanted;
        await this.#enter(target);
        this.#mode = target;
      }
    } catch (error) {
      this.#error = error;
    }
    this.#isSettling = false;
    this.#change();
  }

  /** Switches to another mode; from `uninstalled`, it installs the app again. */
  async switchTo(mode: Mode): Promise<void> {
    this.#wanted = mode;
    await this.start();
  }

  /** Removes the system notification. */
  dismissNotification(): void {
    this.#notification = undefined;
    this.#options.onChange();
  }

  /** Unregisters the phone and uninstalls the app. Rejects if that fails. */
  async remove(): Promise<void> {
    this.#isLoggingOut = true;
    await this.switchTo("uninstalled");
    this.#isLoggingOut = false;
    if (this.#error !== undefined) throw this.#error;
  }

  async #recover(): Promise<void> {
    const outcome = await this.#install.recover(this.#options.spareToken);
    if (outcome === "uninstalled") this.#wanted = "uninstalled";
    else if (outcome === "kept" && this.#wanted === "uninstalled") this.#wanted = "background";
  }

  async #enter(mode: Mode): Promise<void> {
    if (mode === "offline" || mode === "uninstalled") return this.#leave(mode);
    const wasInstalled = this.#install.token !== undefined;
    this.#hasNetwork = true;
    const token = await this.#install.ensure();
    if (!wasInstalled) this.#trace.note({ kind: "installed" });
    if (this.#mode === "offline") this.#trace.note({ kind: "online" });
    this.#startingApp ??= this.#startApp(token);
    const [app] = await Promise.all([this.#startingApp, this.#install.goOnline()]);
    if (mode === "foreground") app.open();
  }

  async #leave(mode: "offline" | "uninstalled"): Promise<void> {
    if (this.#isLoggingOut && this.#hasNetwork) await this.#devices.unregister();
    await (mode === "offline" ? this.#install.goOffline() : this.#install.uninstall());
    this.#trace.note({ kind: mode });
    this.#hasNetwork = false;
    if (mode === "offline") return this.#app?.disconnect();
    this.#app?.quit();
    this.#app = undefined;
    this.#startingApp = undefined;
    this.#notification = undefined;
  }

  async #startApp(token: string): Promise<PhoneApp> {
    const { saved, locale, hangUpLeg } = this.#options;
    const parts = {
      devices: this.#devices,
      service: this.#service,
      trace: this.#trace,
      onChange: () => this.#change(),
      hangUpLeg,
    };
    try {
      this.#app = await startPhoneApp({ ...parts, deviceId: saved.deviceId }, token, locale());
      return this.#app;
    } catch (error) {
      this.#startingApp = undefined;
      throw error;
    }
  }

  async #receive({ data, notification }: Push): Promise<void> {
    this.#notification = notification ?? this.#notification;
    // A push may arrive while the app starts; a failed start is shown elsewhere.
    const app = await this.#startingApp?.catch(() => undefined);
    await app?.receive(data);
    this.#change();
  }

  #change(): void {
    if (this.#mode === "background") this.#app?.suspendWhenIdle();
    this.#options.onChange();
  }
}
