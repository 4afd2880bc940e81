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

/**
 * The state of a phone or message as a coloured tag with its name.
 *
 * @param {string} state
 */
export function stateTag(state) {
  return element("span", { class: "tag", "data-state": state }, state);
}

/** The services that messages come by, as text. */
const CHANNELS = { fcm: "FCM", apns: "APNs, VoIP" };

/**
 * The channel of a message as a tag.
 *
 * @param {"fcm" | "apns"} channel
 */
export function channelTag(channel) {
  return element("span", { class: "tag" }, CHANNELS[channel]);
}

/**
 * Shortens a token to a recognizable part.
 *
 * @param {string | null} token
 */
export function shorten(token) {
  if (token === null) return "no single phone";
  return token.length > 24 ? `${token.slice(0, 22)}…` : token;
}
