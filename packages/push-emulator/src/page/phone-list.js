import { call, get, showError } from "./api.js";
import { element, shorten, stateTag } from "./elements.js";

const STATES = ["online", "offline", "uninstalled"];

/** @typedef {{token: string, platform: string, state: string, voipToken?: string, bundleId?: string, environment?: string}} Phone */

/**
 * Shows a phone: a new one at the top, a known one in its place.
 *
 * @param {Map<string, HTMLElement>} phones the phones shown, by token
 * @param {Phone} phone
 */
export function showPhone(phones, phone) {
  const { token, platform, state, voipToken, bundleId, environment } = phone;
  const item = element(
    "li",
    { class: "phone" },
    element("div", { class: "line" }, element("strong", {}, platform), stateTag(state)),
    element("code", { title: token }, shorten(token)),
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
  for (const id of ["fault-phone", "filter"]) get(id).append(element("option", { value: token }, shorten(token)));
}

/**
 * @param {Map<string, HTMLElement>} phones
 * @param {Phone} phone
 */
function buildActions(phones, { token, voipToken, state }) {
  const copies = [buildCopy("Copy token", token)];
  if (voipToken !== undefined) copies.push(buildCopy("Copy VoIP token", voipToken));
  const choice = document.createElement("select");
  choice.setAttribute("aria-label", `State of ${shorten(token)}`);
  choice.append(...STATES.map((name) => element("option", { value: name }, name)));
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
  const copy = element("button", { type: "button", class: "plain" }, label);
  copy.addEventListener("click", () => {
    navigator.clipboard.writeText(text).then(() => (copy.textContent = "Copied"), showError);
  });
  return copy;
}
