import { readField, readText, request } from "./request.ts";
import { StackError } from "./stack-error.ts";

/** Whether pushes reach an app install now (`online`), later (`offline`) or never again. */
export type InstallState = "online" | "offline" | "uninstalled";

/** A push message as it reaches the phone. */
export interface Push {
  /** The data that the app reads. */
  readonly data: Readonly<Record<string, string>>;
  /** The text that the system shows. */
  readonly notification?: { readonly title: string; readonly body: string };
}

/** Callbacks of a phone's connection to FCM. */
export interface PushListener {
  readonly onPush: (push: Push) => void;
  /** Whether the connection is open. */
  readonly onLive: (isLive: boolean) => void;
}

/** The phone's connection to FCM; it belongs to the system, not the app. */
export interface PushStream {
  close(): void;
}

/** A client of the FCM emulator's API for phones. */
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

  /** The state of an install; `undefined` if this FCM does not know it. */
  async findState(token: string): Promise<InstallState | undefined> {
    try {
      const state = readText("fcm", await request("fcm", this.#path(token)), "state");
      return state === "offline" || state === "uninstalled" ? state : "online";
    } catch (error) {
      if (error instanceof StackError && error.status === 404) return undefined;
      throw error;
    }
  }

  async setState(token: string, state: InstallState): Promise<void> {
    await request("fcm", this.#path(token), { method: "PATCH", body: { state } });
  }

  /**
   * Listens for the pushes to an install. Resolves once the connection is open; then it reconnects by itself and reports the
   * state of the connection. Rejects if FCM does not answer or does not know the install.
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
      opened.reject(new StackError("fcm", "The stream of pushes could not be opened"));
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

/** The fields that are strings; FCM accepts no others. */
function readTexts(value: unknown): Readonly<Record<string, string>> {
  const fields = Object.entries(typeof value === "object" && value !== null ? value : {});
  return Object.fromEntries(fields.filter((field): field is [string, string] => typeof field[1] === "string"));
}
