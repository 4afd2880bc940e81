import { t } from "./language.js";

/**
 * Builds an element; strings become text, so a sender's text is never parsed as HTML.
 *
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** The colours of the states of phones and messages. */
const TONES = { online: "good", delivered: "good", offline: "waiting", stored: "waiting", connecting: "waiting" };

/**
 * The state of a phone or message as a coloured badge with its name.
 *
 * @param {string} state
 */
export function stateTag(state) {
  return element("span", { class: "badge", "data-tone": TONES[state] ?? "bad" }, t.states[state] ?? state);
}

/** The services that messages come by, as text. */
const CHANNELS = { fcm: "FCM", apns: "APNs, VoIP" };

/**
 * The channel of a message as a badge.
 *
 * @param {"fcm" | "apns"} channel
 */
export function channelTag(channel) {
  return element("span", { class: "badge" }, CHANNELS[channel]);
}

/**
 * What a phone is called: the name it was given, or its platform and the beginning of its token.
 *
 * @param {{token: string, platform: string, name?: string}} phone
 */
export function nameOf({ token, platform, name }) {
  return name ?? `${t.platforms[platform] ?? platform} ${shorten(token)}`;
}

/**
 * Shortens a token to a recognizable part.
 *
 * @param {string} token
 */
export function shorten(token) {
  return token.length > 12 ? `${token.slice(0, 10)}…` : token;
}
