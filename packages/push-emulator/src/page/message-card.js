import { channelTag, element, stateTag } from "./elements.js";
import { language, t } from "./language.js";
import { nameToken } from "./phone-list.js";

/**
 * One message as a card: its text, target and state, and the JSON on demand.
 *
 * @param {{id: string, channel: "fcm" | "apns", token: string | null, message?: any, headers?: any, payload?: any, acceptedAt: string, delivery: string, reason?: string, recipients?: number}} record
 */
export function buildMessageCard(record) {
  const { channel, delivery, reason } = record;
  const { title, body } = findText(record);
  const card = element("li", { class: "message", "data-token": record.token ?? "" });
  const time = element(
    "time",
    { datetime: record.acceptedAt },
    new Date(record.acceptedAt).toLocaleTimeString(language),
  );
  card.append(
    element(
      "div",
      { class: "line" },
      element("strong", { title: record.token ?? "" }, describeTarget(record)),
      time,
      channelTag(channel),
      stateTag(delivery),
    ),
  );
  if (record.recipients !== undefined) {
    card.append(element("p", { class: "quiet" }, t.recipients(record.recipients)));
  }
  if (reason !== undefined) card.append(element("p", { class: "quiet" }, t.lostFor(t.reasons[reason] ?? reason)));
  if (title !== "") card.append(element("h3", {}, title));
  if (body !== "") card.append(element("p", {}, body));
  if (channel === "fcm") card.append(buildData(record.message.data ?? {}), buildDetails(record.message));
  else
    card.append(
      buildData(findData(record.payload)),
      buildDetails({ headers: record.headers, payload: record.payload }),
    );
  return card;
}

/** @param {{token: string | null, message?: any}} record */
function describeTarget({ token, message = {} }) {
  if (message.topic !== undefined) return t.topic(message.topic);
  return String(message.condition ?? (token === null ? t.noPhone : nameToken(token)));
}

/**
 * The visible text, from whichever platform part has it. A VoIP push has none.
 *
 * @param {{message?: any}} record
 */
function findText({ message = {} }) {
  const alert = message.apns?.payload?.aps?.alert;
  const parts = [message.android?.notification, message.notification, alert, message.webpush?.notification];
  const find = (/** @type {string} */ key) => String(parts.find((part) => part?.[key] !== undefined)?.[key] ?? "");
  return { title: find("title"), body: typeof alert === "string" ? alert : find("body") };
}

/**
 * What the app reads of a VoIP push.
 *
 * @param {any} payload
 * @returns {Record<string, string>}
 */
function findData(payload) {
  const own = Object.entries(payload).filter(([key]) => key !== "aps");
  return Object.fromEntries(
    own.map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

/** @param {Record<string, string>} data */
function buildData(data) {
  const list = element("dl");
  for (const [key, value] of Object.entries(data)) list.append(element("dt", {}, key), element("dd", {}, value));
  return list;
}

/**
 * The JSON is written only when it is opened: for most messages it never is.
 *
 * @param {any} content
 */
function buildDetails(content) {
  const text = element("pre", { tabindex: "0" });
  const details = element("details", {}, element("summary", {}, "JSON"), text);
  details.addEventListener("toggle", () => {
    text.textContent = JSON.stringify(content, null, 2);
  });
  return details;
}
