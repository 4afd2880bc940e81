import type { Fcm, PushListener, PushStream } from "../stack/fcm.ts";

/** The installed app: its registration at FCM, and the system's connection to FCM. */
export class Install {
  readonly #fcm: Fcm;
  readonly #listener: PushListener;
  #token: string | undefined;
  #stream: PushStream | undefined;
  #isLive = false;

  constructor(fcm: Fcm, token: string | undefined, listener: PushListener) {
    this.#fcm = fcm;
    this.#token = token;
    this.#listener = listener;
  }

  /** The registration token; `undefined` if the app is not installed. */
  get token(): string | undefined {
    return this.#token;
  }

  /** Whether pushes reach this phone. */
  get isListening(): boolean {
    return this.#stream !== undefined && this.#isLive;
  }

  /** Looks up the state of an earlier install. A restarted stack does not know it. */
  async recover(spareToken: string | undefined): Promise<"kept" | "lost" | "uninstalled"> {
    for (const token of [this.#token, spareToken]) {
      const state = token === undefined ? undefined : await this.#fcm.findState(token);
      if (state === undefined) continue;
      this.#token = state === "uninstalled" ? undefined : token;
      return state === "uninstalled" ? "uninstalled" : "kept";
    }
    this.#token = undefined;
    return "lost";
  }

  /** Installs the app if needed; returns the registration token. */
  async ensure(): Promise<string> {
    this.#token ??= await this.#fcm.install();
    return this.#token;
  }

  /** Starts to receive pushes, including those that FCM kept. */
  async goOnline(): Promise<void> {
    if (this.#stream !== undefined) return;
    const token = await this.ensure();
    // Listen first: FCM sends the kept pushes as soon as the phone is online.
    const stream = await this.#fcm.listen(token, {
      onPush: this.#listener.onPush,
      onLive: (isLive) => {
        this.#isLive = isLive;
        this.#listener.onLive(isLive);
      },
    });
    try {
      await this.#fcm.setState(token, "online");
    } catch (error) {
      stream.close();
      throw error;
    }
    this.#stream = stream;
  }

  /** Goes offline: FCM keeps the pushes for this phone. */
  async goOffline(): Promise<void> {
    await this.#leave("offline");
  }

  /** Uninstalls the app. */
  async uninstall(): Promise<void> {
    await this.#leave("uninstalled");
    this.#token = undefined;
  }

  async #leave(state: "offline" | "uninstalled"): Promise<void> {
    if (this.#token !== undefined) await this.#fcm.setState(this.#token, state);
    // Set the state first: if the stream closed first, a push in between would be lost.
    this.#stream?.close();
    this.#stream = undefined;
  }
}
