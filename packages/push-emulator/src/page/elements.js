/**
 * Builds an element; strings become text, so nothing a sender writes is ever read as HTML.
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
 * The state of a phone or message as a coloured tag that says it in words too.
 *
 * @param {string} state
 */
export function stateTag(state) {
  return element("span", { class: "tag", "data-state": state }, state);
}

/**
 * Enough of a token to know it by.
 *
 * @param {string | null} token
 */
export function shorten(token) {
  if (token === null) return "no single phone";
  return token.length > 24 ? `${token.slice(0, 22)}…` : token;
}
