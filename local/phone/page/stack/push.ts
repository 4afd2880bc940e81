import { readField } from "./request.ts";

/** The system of a phone. */
export type Platform = "android" | "ios";

/** The service that a push came by. */
export type Channel = "fcm" | "apns";

/** The data of a push, which the app reads. */
export type PushData = Readonly<Record<string, string>>;

/** A text that the system shows without the app. */
export interface PushText {
  readonly title: string;
  readonly body: string;
  /** Replaces the text with the same id; absent if it replaces none. */
  readonly id?: string;
}

/** A push as it reaches the phone. */
export interface Push {
  readonly channel: Channel;
  readonly data: PushData;
  readonly text?: PushText;
  /** On an iPhone: a text that goes to the app as well if that runs, as a background push does. */
  readonly wakesApp?: boolean;
}

/** Reads a push from the emulator's record of it. */
export function parsePush(json: string, platform: Platform): Push {
  const record: unknown = JSON.parse(json);
  // A VoIP push has its data at the top level, beside `aps`, and no text.
  if (readField(record, "channel") === "apns")
    return { channel: "apns", data: readTexts(readField(record, "payload")) };
  const message = readField(record, "message");
  const text = platform === "ios" ? readAlert(message) : readNotification(message);
  return {
    channel: "fcm",
    data: readTexts(readField(message, "data")),
    ...(text !== undefined && { text }),
    ...(text !== undefined && platform === "ios" && isForApp(message) && { wakesApp: true }),
  };
}

/** Whether `aps` has `content-available`. */
function isForApp(message: unknown): boolean {
  return readField(readAps(message), "content-available") === 1;
}

function readAps(message: unknown): unknown {
  return readField(readField(readField(message, "apns"), "payload"), "aps");
}

/** Android shows FCM's `notification`. */
function readNotification(message: unknown): PushText | undefined {
  const tag = readField(readField(readField(message, "android"), "notification"), "tag");
  return buildText(readField(message, "notification"), tag);
}

/** An iPhone shows the alert in `aps`, which FCM fills from its `notification` if it has none. */
function readAlert(message: unknown): PushText | undefined {
  const apns = readField(message, "apns");
  const alert = readField(readAps(message), "alert");
  const id = readField(readField(apns, "headers"), "apns-collapse-id");
  return buildText(alert ?? readField(message, "notification"), id);
}

function buildText(shown: unknown, id: unknown): PushText | undefined {
  const { title = "", body = "" } = typeof shown === "string" ? { body: shown } : readTexts(shown);
  if (title === "" && body === "") return undefined;
  return { title, body, ...(typeof id === "string" && { id }) };
}

/** The fields that are strings. */
function readTexts(value: unknown): PushData {
  const fields = Object.entries(typeof value === "object" && value !== null ? value : {});
  return Object.fromEntries(fields.filter((field): field is [string, string] => typeof field[1] === "string"));
}
