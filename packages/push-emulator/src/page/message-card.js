import { element, shorten, stateTag } from "./elements.js";

/** The reasons why a message is lost, as text. */
const REASONS = {
  ttl: "its TTL expired",
  replaced: "a newer message with the same collapse key replaced it",
  over_4_collapse_keys: "FCM keeps at most 4 collapse keys",
  over_100_stored: "more than 100 messages were stored, so FCM discarded all of them",
  uninstalled: "the app was uninstalled",
};

/**
 * One message as a card: its text, target and state, and the JSON on demand.
 *
 * @param {{id: string, token: string | null, message: any, acceptedAt: string, delivery: string, reason?: string, recipients?: number}} record
 */
export function buildMessageCard(record) {
  const { message, delivery, reason } = record;
  const { title, body } = findText(message);
  const card = element("li", { class: "message", "data-token": record.token ?? "" });
  const time = element("time", { datetime: record.acceptedAt }, new Date(record.acceptedAt).toLocaleTimeString());
  const target = message.topic === undefined ? (message.condition ?? shorten(record.token)) : `topic ${message.topic}`;
  card.append(element("div", { class: "line" }, element("code", {}, String(target)), time, stateTag(delivery)));
  if (record.recipients !== undefined) {
    card.append(
      element("p", { class: "quiet" }, `To ${record.recipients} phone${record.recipients === 1 ? "" : "s"}.`),
    );
  }
  if (reason !== undefined) card.append(element("p", { class: "quiet" }, `Lost: ${REASONS[reason] ?? reason}.`));
  if (title !== "") card.append(element("h3", {}, title));
  if (body !== "") card.append(element("p", {}, body));
  card.append(buildData(message.data ?? {}), buildDetails(message));
  return card;
}

/**
 * The visible text, from whichever platform part has it.
 *
 * @param {any} message
 */
function findText(message) {
  const alert = message.apns?.payload?.aps?.alert;
  const parts = [message.android?.notification, message.notification, alert, message.webpush?.notification];
  const find = (/** @type {string} */ key) => String(parts.find((part) => part?.[key] !== undefined)?.[key] ?? "");
  return { title: find("title"), body: typeof alert === "string" ? alert : find("body") };
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
 * @param {any} message
 */
function buildDetails(message) {
  const text = element("pre", { tabindex: "0" });
  const details = element("details", {}, element("summary", {}, "JSON"), text);
  details.addEventListener("toggle", () => {
    text.textContent = JSON.stringify(message, null, 2);
  });
  return details;
}
