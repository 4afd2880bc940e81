import { en } from "./text/en.js";
import { ko } from "./text/ko.js";

const KEY = "push-emulator language";
const TEXTS = { en, ko };

/** The language of the page: the address's `?lang=`, the one chosen before, or the browser's. */
export const language = findLanguage();

/** The page's texts. */
export const t = TEXTS[language];

/** Puts the texts into the elements that name one, and lets the buttons switch the language. */
export function translatePage() {
  document.documentElement.lang = language;
  document.title = t.title;
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = String(t[element.getAttribute("data-text") ?? ""]);
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", String(t[element.getAttribute("data-label") ?? ""]));
  }
  for (const element of document.querySelectorAll("[data-hint]")) {
    element.setAttribute("placeholder", String(t[element.getAttribute("data-hint") ?? ""]));
  }
  for (const button of document.querySelectorAll("[data-language]")) {
    const code = button.getAttribute("data-language") ?? "";
    button.setAttribute("aria-pressed", String(code === language));
    button.addEventListener("click", () => switchTo(code));
  }
}

/** @returns {"en" | "ko"} */
function findLanguage() {
  const asked = new URLSearchParams(location.search).get("lang") ?? localStorage.getItem(KEY) ?? navigator.language;
  return asked.startsWith("ko") ? "ko" : "en";
}

/** @param {string} code */
function switchTo(code) {
  localStorage.setItem(KEY, code);
  location.assign("/");
}
