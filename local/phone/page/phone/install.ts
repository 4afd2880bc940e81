import type { Platform } from "../stack/push.ts";
import type { Address, PushListener, PushService, PushStream } from "../stack/push-service.ts";

/** Options of an install. */
export interface InstallOptions extends PushListener {
  readonly pushes: PushService;
  readonly platform: Platform;
  /** What the push inbox calls the phone. */
  readonly name: string;
  /** The token of an earlier install. */
  readonly token: string | undefined;
}

/** The installed app: its address at the push services, and the system's connection to them. */
export class Install {
  readonly #options: InstallOptions;
  #token: string | undefined;
  #address: Address | undefined;
  #stream: PushStream | undefined;
  #isLive = false;

  constructor(options: InstallOptions) {
    this.#options = options;
    this.#token = options.token;
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
    const { pushes } = this.#options;
    const tokens = [this.#token, spareToken].filter((token) => token !== undefined);
    const known = (await Promise.all(tokens.map(async (token) => pushes.find(token)))).filter(
      (found) => found !== undefined,
    );
    // Another browser may have installed the app again since.
    const kept = known.find(({ state }) => state !== "uninstalled");
    this.#keep(kept);
    if (kept !== undefined) return "kept";
    return known.length === 0 ? "lost" : "uninstalled";
  }

  /** Installs the app if needed; returns its address. */
  async ensure(): Promise<Address> {
    const { pushes, platform, name } = this.#options;
    const address = this.#address ?? (await pushes.install(platform, name));
    this.#keep(address);
    return address;
  }

  /** Starts to receive pushes, including those that were kept for this phone. */
  async goOnline(): Promise<void> {
    if (this.#stream !== undefined) return;
    const { pushes, platform, onPush, onLive } = this.#options;
    const { token } = await this.ensure();
    // Listen first: the kept pushes come as soon as the phone is online.
    const stream = await pushes.listen(token, platform, {
      onPush,
      onLive: (isLive) => {
        this.#isLive = isLive;
        onLive(isLive);
      },
    });
    try {
      await pushes.setState(token, "online");
    } catch (error) {
      stream.close();
      throw error;
    }
    this.#stream = stream;
  }

  /** Goes offline: pushes for this phone are kept. */
  async goOffline(): Promise<void> {
    await this.#leave("offline");
  }

  /** Uninstalls the app. */
  async uninstall(): Promise<void> {
    await this.#leave("uninstalled");
    this.#keep(undefined);
  }

  async #leave(state: "offline" | "uninstalled"): Promise<void> {
    if (this.#token !== undefined) await this.#options.pushes.setState(this.#token, state);
    // Set the state first: if the stream closed first, a push in between would be lost.
    this.#stream?.close();
    this.#stream = undefined;
  }

  #keep(address: Address | undefined): void {
    this.#address = address;
    this.#token = address?.token;
  }
}
