import type { VoipAddress } from "../../../../functions/src/wire.ts";
import { parsePush, type Platform, type Push } from "./push.ts";
import { readField, readText, request } from "./request.ts";
import { StackError } from "./stack-error.ts";

/** Whether pushes reach an app install now (`online`), later (`offline`) or never again. */
export type InstallState = "online" | "offline" | "uninstalled";

/** Where pushes reach an app install: its token at FCM and, on an iPhone, its address at APNs. */
export interface Address {
  readonly token: string;
  readonly voip?: VoipAddress;
}

/** An app install, as the push services know it. */
export interface KnownInstall extends Address {
  readonly state: InstallState;
}

/** Callbacks of a phone's connection to the push services. */
export interface PushListener {
  readonly onPush: (push: Push) => void;
  /** Whether the connection is open. */
  readonly onLive: (isLive: boolean) => void;
}

/** The phone's connection to the push services; it belongs to the system, not the app. */
export interface PushStream {
  close(): void;
}

/** A client of the push emulator's API for phones: FCM, and for iPhones APNs as well. */
export class PushService {
  readonly #api: string;

  constructor(url: string) {
    this.#api = `${url}/emulator/v1/registrations`;
  }

  /** Installs the app on a phone; the push inbox shows it by this name. */
  async install(platform: Platform, name: string): Promise<Address> {
    return readInstall(await request("push", this.#api, { method: "POST", body: { platform, name } }));
  }

  /** An install by its token; `undefined` if the emulator does not know it. */
  async find(token: string): Promise<KnownInstall | undefined> {
    try {
      return readInstall(await request("push", this.#path(token)));
    } catch (error) {
      if (error instanceof StackError && error.status === 404) return undefined;
      throw error;
    }
  }

  async setState(token: string, state: InstallState): Promise<void> {
    await request("push", this.#path(token), { method: "PATCH", body: { state } });
  }

  /**
   * Listens for the pushes to an install. Resolves once the connection is open; then it reconnects by itself and reports the
   * state of the connection. Rejects if the emulator does not answer or does not know the install.
   */
  async listen(token: string, platform: Platform, { onPush, onLive }: PushListener): Promise<PushStream> {
    const source = new EventSource(`${this.#path(token)}/stream`);
    source.addEventListener("message", ({ data }) => onPush(parsePush(String(data), platform)));
    const opened = Promise.withResolvers<void>();
    source.addEventListener("open", () => {
      opened.resolve();
      onLive(true);
    });
    source.addEventListener("error", () => {
      opened.reject(new StackError("push", "The stream of pushes could not be opened"));
      onLive(false);
    });
    try {
      await opened.promise;
    } catch (error) {
      source.close();
      throw error;
    }
    return source;
  }

  #path(token: string): string {
    return `${this.#api}/${encodeURIComponent(token)}`;
  }
}

function readInstall(answer: unknown): KnownInstall {
  const state = readText("push", answer, "state");
  return {
    token: readText("push", answer, "token"),
    state: state === "offline" || state === "uninstalled" ? state : "online",
    ...(readField(answer, "platform") === "ios" && { voip: readVoip(answer) }),
  };
}

function readVoip(answer: unknown): VoipAddress {
  return {
    token: readText("push", answer, "voipToken"),
    topic: `${readText("push", answer, "bundleId")}.voip`,
    environment: readField(answer, "environment") === "sandbox" ? "sandbox" : "production",
  };
}
