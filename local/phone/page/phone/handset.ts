import { DeviceClient } from "../../../../packages/client/src/device-client.ts";
import type { Push } from "../stack/push.ts";
import type { PushService } from "../stack/push-service.ts";
import { Service } from "../stack/service.ts";
import type { Session } from "../stack/session.ts";
import { Android } from "./android.ts";
import type { App } from "./app.ts";
import { AppRunner, type AppRunnerOptions } from "./app-runner.ts";
import { AppStorage } from "./app-storage.ts";
import { Install } from "./install.ts";
import type { HandsetState } from "./handset-state.ts";
import { Ios } from "./iphone/ios.ts";
import { Network } from "./network.ts";
import type { Notification } from "./notifications.ts";
import type { Mode, SavedPhone } from "./saved-phones.ts";
import type { System } from "./system.ts";
import { describePush } from "./traced-client.ts";
import { Trace } from "./trace.ts";

/** Options of a phone. */
export interface HandsetOptions {
  readonly saved: SavedPhone;
  /** A token that the stack has created for this phone; used if the saved one is unknown. */
  readonly spareToken: string | undefined;
  readonly pushes: PushService;
  readonly functionsUrl: string;
  readonly session: Session;
  readonly locale: () => string;
  readonly onChange: () => void;
  readonly hangUpLeg: (linkedId: string) => void;
  /** The phone's name by its number. */
  readonly nameOf: (number: number) => string;
  /** Called with the token of a new install. */
  readonly onInstalled: (token: string) => Promise<void>;
}

/** A phone: a system, which receives pushes in any state of the app, and the app. */
export class Handset {
  /** `undefined` if the phone is no iPhone. */
  readonly ios: Ios | undefined;
  readonly #options: HandsetOptions;
  readonly #trace: Trace;
  readonly #network = new Network();
  readonly #install: Install;
  readonly #storage: AppStorage;
  readonly #devices: DeviceClient;
  readonly #system: System;
  readonly #runner: AppRunner;
  #mode: Mode | undefined;
  #wanted: Mode;
  #isSettling = false;
  /** The last switch of those that are made one after the other. */
  #settled: Promise<void> = Promise.resolve();
  #isLoggingOut = false;
  #error: unknown;

  constructor(options: HandsetOptions) {
    const { saved, pushes, functionsUrl, session, locale, onChange } = options;
    const { token, platform, deviceId, email, number } = saved;
    this.#options = options;
    this.#wanted = saved.mode;
    this.#trace = new Trace(onChange);
    this.#storage = new AppStorage(saved.stored ?? {}, onChange);
    const onPush = (push: Push) => void this.#system.receive(push);
    const name = `${options.nameOf(number)} · ${email}`;
    this.#install = new Install({ pushes, platform, name, token, onPush, onLive: onChange });
    const service = new Service(functionsUrl, session, this.#network);
    this.#devices = new DeviceClient({
      deviceId,
      registerDevice: async (input) => service.registerDevice(input),
      unregisterDevice: async (input) => service.unregisterDevice(input),
    });
    [this.#system, this.ios] = this.#buildSystem(service);
    const build: AppRunnerOptions["build"] = (extens) => this.#system.buildApp(extens);
    this.#runner = new AppRunner({ platform, devices: this.#devices, trace: this.#trace, locale, build });
  }

  get state(): HandsetState {
    const { platform, deviceId, email, number } = this.#options.saved;
    const { token, isListening } = this.#install;
    const ios = this.ios?.state;
    const saved = { number, platform, deviceId, email, mode: this.#wanted, stored: this.#storage.texts };
    return {
      saved: { ...saved, ...(token !== undefined && { token }), ...(ios !== undefined && { ios }) },
      mode: this.#mode,
      target: this.#isSettling ? this.#wanted : undefined,
      error: this.#error,
      isListening,
      app: this.app?.state,
      notifications: this.#system.notifications.shown,
      ios,
      trace: this.#trace,
    };
  }

  /** The app; `undefined` if it does not run. */
  get app(): App | undefined {
    return this.#runner.app;
  }

  /** Starts the phone, or retries a failed switch; waits for one that is under way. */
  async start(): Promise<void> {
    const earlier = this.#settled;
    this.#settled = (async () => {
      await earlier;
      await this.#settle();
    })();
    await this.#settled;
  }

  async #settle(): Promise<void> {
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

  /** Switches to another mode; from `uninstalled`, it installs the app again. An app opens on an unlocked phone only. */
  async switchTo(mode: Mode): Promise<void> {
    this.#wanted = mode;
    if (mode === "foreground") this.ios?.setLocked(false);
    await this.start();
  }

  /** Locks an iPhone, which takes the app from the screen, or unlocks it. */
  setLocked(isLocked: boolean): void {
    this.ios?.setLocked(isLocked);
    if (isLocked && this.#wanted === "foreground") void this.switchTo("background");
  }

  /** The user taps a notification: it opens the app, which gets the push's data. */
  async openNotification({ id, data }: Notification): Promise<void> {
    this.dismissNotification(id);
    await this.switchTo("foreground");
    await this.app?.receive(data, describePush(data));
  }

  /** Removes a notification. */
  dismissNotification(id: string): void {
    this.#system.notifications.remove((shown) => shown.id === id);
  }

  /** Unregisters the phone and uninstalls the app. Rejects if that fails. */
  async remove(): Promise<void> {
    this.#isLoggingOut = true;
    await this.switchTo("uninstalled");
    this.#isLoggingOut = false;
    if (this.#error !== undefined) throw this.#error;
  }

  #buildSystem(service: Service): [System, Ios | undefined] {
    const { saved, hangUpLeg } = this.#options;
    const onChange = () => this.#change();
    const options = {
      parts: {
        deviceId: saved.deviceId,
        storage: this.#storage,
        service,
        network: this.#network,
        trace: this.#trace,
        onChange,
        hangUpLeg,
      },
      process: {
        find: async () => this.#runner.find(),
        wake: async () => this.#wake(),
        kill: () => this.#kill(),
        isOpen: () => this.#mode === "foreground",
      },
    };
    if (saved.ios === undefined) return [new Android(options), undefined];
    const ios = new Ios(options, saved.ios);
    return [ios, ios];
  }

  async #recover(): Promise<void> {
    const outcome = await this.#install.recover(this.#options.spareToken);
    if (outcome !== "kept") this.#storage.clear();
    if (outcome === "uninstalled") this.#wanted = "uninstalled";
    else if (outcome === "kept" && this.#wanted === "uninstalled") this.#wanted = "background";
  }

  async #enter(mode: Mode): Promise<void> {
    if (mode === "offline" || mode === "uninstalled") return this.#leave(mode);
    const wasInstalled = this.#install.token !== undefined;
    this.#network.find();
    const address = await this.#install.ensure();
    if (!wasInstalled) {
      await this.#options.onInstalled(address.token);
      this.#trace.note({ kind: "installed" });
    }
    if (this.#mode === "offline") this.#trace.note({ kind: "online" });
    if (mode === "closed") {
      // A new install registers once. A closed app does not start with its phone, and a kept push needs a fresh start.
      if (!wasInstalled) await this.#runner.start(address);
      this.#quit();
      return this.#install.goOnline();
    }
    const [app] = await Promise.all([this.#runner.start(address), this.#install.goOnline()]);
    if (mode === "foreground") app.open();
  }

  #quit(): void {
    if (this.app !== undefined) this.#trace.note({ kind: "quit" });
    this.#runner.quit();
  }

  async #leave(mode: "offline" | "uninstalled"): Promise<void> {
    if (this.#isLoggingOut && this.#network.isUp) await this.#devices.unregister();
    await (mode === "offline" ? this.#install.goOffline() : this.#install.uninstall());
    this.#trace.note({ kind: mode });
    this.#network.lose();
    if (mode === "offline") return this.app?.disconnect();
    this.#runner.quit();
    this.#system.forgetInstall();
    this.#storage.clear();
  }

  /** A push needs the app: starts it if it is closed. A switch by the user goes on. */
  async #wake(): Promise<void> {
    const address = await this.#install.ensure();
    if (this.app !== undefined) return;
    this.#mode = "background";
    if (this.#wanted === "closed") this.#wanted = "background";
    this.#runner.launch(address);
  }

  /** The system ends the app. A switch by the user goes on, unless it needs the app. */
  #kill(): void {
    this.#runner.quit();
    this.#mode = "closed";
    if (this.#wanted !== "offline" && this.#wanted !== "uninstalled") this.#wanted = "closed";
    this.#options.onChange();
  }

  #change(): void {
    if (this.#mode === "background") this.app?.suspendWhenIdle();
    this.#options.onChange();
  }
}
