import { readField, readText, request } from "./request.ts";
import { Trouble } from "./trouble.ts";

/** Whether an app install can be reached now, later, or never again. */
export type InstallState = "online" | "offline" | "uninstalled";

/** A push message as it reaches the phone. */
export interface Push {
  /** What the app gets to read. */
  readonly data: Readonly<Record<string, string>>;
  /** What the system shows by itself. */
  readonly notification?: { readonly title: string; readonly body: string };
}

/** Whom a phone's line to FCM tells. */
export interface PushListener {
  readonly onPush: (push: Push) => void;
  /** Whether pushes come through. */
  readonly onLive: (isLive: boolean) => void;
}

/** What keeps the phone's line to FCM, which is the system's and not the app's. */
export interface PushStream {
  close(): void;
}

/** The FCM emulator as a phone knows it. */
export class Fcm {
  readonly #api: string;

  constructor(fcmUrl: string) {
    this.#api = `${fcmUrl}/emulator/v1/registrations`;
  }

  /** Installs the app on a phone; returns its registration token. */
  async install(): Promise<string> {
    const answer = await request("fcm", this.#api, { method: "POST", body: { platform: "android" } });
    return readText("fcm", answer, "token");
  }

  /** The state of an install, `undefined` when this FCM has never heard of it. */
  async findState(token: string): Promise<InstallState | undefined> {
    try {
      const state = readText("fcm", await request("fcm", this.#path(token)), "state");
      return state === "offline" || state === "uninstalled" ? state : "online";
    } catch (error) {
      if (error instanceof Trouble && error.status === 404) return undefined;
      throw error;
    }
  }

  async setState(token: string, state: InstallState): Promise<void> {
    await request("fcm", this.#path(token), { method: "PATCH", body: { state } });
  }

  /**
   * Listens for the pushes to an install. Resolves once none can be missed; from then on it reconnects by itself, and says
   * how the line stands. Rejects when FCM is not there or does not know the install.
   */
  async listen(token: string, { onPush, onLive }: PushListener): Promise<PushStream> {
    const source = new EventSource(`${this.#path(token)}/stream`);
    source.addEventListener("message", ({ data }) => onPush(parsePush(String(data))));
    const opened = Promise.withResolvers<void>();
    source.addEventListener("open", () => {
      opened.resolve();
      onLive(true);
    });
    source.addEventListener("error", () => {
      opened.reject(new Trouble("fcm", "The stream of pushes could not be opened"));
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

function parsePush(json: string): Push {
  const message = readField(JSON.parse(json), "message");
  const notification = readTexts(readField(message, "notification"));
  const { title = "", body = "" } = notification;
  return {
    data: readTexts(readField(message, "data")),
    ...((title !== "" || body !== "") && { notification: { title, body } }),
  };
}

/** The fields that are texts; FCM takes no others. */
function readTexts(value: unknown): Readonly<Record<string, string>> {
  const fields = Object.entries(typeof value === "object" && value !== null ? value : {});
  return Object.fromEntries(fields.filter((field): field is [string, string] => typeof field[1] === "string"));
}
