import { call, get, showError } from "./api.js";
import { element, nameOf, shorten, stateTag } from "./elements.js";
import { t } from "./language.js";

const STATES = ["online", "offline", "uninstalled"];

/** @type {Map<string, string>} */
const names = new Map();

/** @typedef {{token: string, name?: string, platform: string, state: string, voipToken?: string, bundleId?: string, environment?: string}} Phone */

/**
 * What the phone with this token is called.
 *
 * @param {string} token
 */
export function nameToken(token) {
  return names.get(token) ?? shorten(token);
}

/**
 * Shows a phone: a new one at the top, a known one in its place.
 *
 * @param {Map<string, HTMLElement>} phones the phones shown, by token
 * @param {Phone} phone
 */
export function showPhone(phones, phone) {
  const { token, platform, state, voipToken, bundleId, environment } = phone;
  names.set(token, nameOf(phone));
  const item = element(
    "li",
    { class: "phone" },
    element("div", { class: "line" }, element("strong", {}, nameOf(phone)), stateTag(state)),
    element("div", { class: "quiet", title: token }, `${t.platforms[platform]} `, element("code", {}, shorten(token))),
    ...(voipToken === undefined
      ? []
      : [element("div", { class: "quiet", title: voipToken }, `VoIP: ${bundleId}.voip, ${environment}`)]),
    buildActions(phones, phone),
  );
  const old = phones.get(token);
  const hadFocus = old?.contains(document.activeElement) ?? false;
  if (old === undefined) addPhone(token, item);
  else old.replaceWith(item);
  phones.set(token, item);
  get("no-phones").hidden = true;
  if (hadFocus) item.querySelector("select")?.focus();
}

/**
 * @param {string} token
 * @param {HTMLElement} item
 */
function addPhone(token, item) {
  get("phones").prepend(item);
  for (const id of ["fault-phone", "filter"]) get(id).append(element("option", { value: token }, nameToken(token)));
}

/**
 * @param {Map<string, HTMLElement>} phones
 * @param {Phone} phone
 */
function buildActions(phones, { token, voipToken, state }) {
  const copies = [buildCopy(t.copyToken, token)];
  if (voipToken !== undefined) copies.push(buildCopy(t.copyVoipToken, voipToken));
  const choice = document.createElement("select");
  choice.setAttribute("aria-label", t.stateOf(nameToken(token)));
  choice.append(...STATES.map((name) => element("option", { value: name }, t.states[name])));
  choice.value = state;
  // Uninstalled is final: no other state can be chosen.
  choice.disabled = state === "uninstalled";
  choice.addEventListener("change", () => {
    const path = `/registrations/${encodeURIComponent(token)}`;
    call(path, { method: "PATCH", body: { state: choice.value } }).then((phone) => showPhone(phones, phone), showError);
  });
  return element("div", { class: "line" }, element("div", { class: "line" }, ...copies), choice);
}

/**
 * @param {string} label
 * @param {string} text
 */
function buildCopy(label, text) {
  const copy = element("button", { type: "button", class: "button" }, label);
  copy.addEventListener("click", () => {
    navigator.clipboard.writeText(text).then(() => (copy.textContent = t.copied), showError);
  });
  return copy;
}
