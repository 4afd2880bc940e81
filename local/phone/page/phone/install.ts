import type { Fcm, PushListener, PushStream } from "../stack/fcm.ts";

/** The app as it is installed on a phone: its registration at FCM, and the system's line there. */
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

  /** The registration token; `undefined` while the app is not installed. */
  get token(): string | undefined {
    return this.#token;
  }

  /** Whether pushes reach this phone. */
  get isListening(): boolean {
    return this.#stream !== undefined && this.#isLive;
  }

  /** Finds out what has become of an install from before: a stack that was started again knows none of the old ones. */
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

  /** Installs the app unless it is; returns the registration token. */
  async ensure(): Promise<string> {
    this.#token ??= await this.#fcm.install();
    return this.#token;
  }

  /** Gets the pushes from now on, those included that waited. */
  async goOnline(): Promise<void> {
    if (this.#stream !== undefined) return;
    const token = await this.ensure();
    // What waits for this phone comes the moment it is online: somebody has to listen by then.
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

  /** From now on FCM keeps what is for this phone. */
  async goOffline(): Promise<void> {
    await this.#leave("offline");
  }

  /** Ends the install for good. */
  async uninstall(): Promise<void> {
    await this.#leave("uninstalled");
    this.#token = undefined;
  }

  async #leave(state: "offline" | "uninstalled"): Promise<void> {
    if (this.#token !== undefined) await this.#fcm.setState(this.#token, state);
    // Closed before FCM knows of it, a push in between would be lost.
    this.#stream?.close();
    this.#stream = undefined;
  }
}
