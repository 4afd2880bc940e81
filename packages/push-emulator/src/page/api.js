/** The emulator's own API. */
export const API = "/emulator/v1";

const ERROR_SHOWN_MS = 6000;

/**
 * Calls the API and returns its JSON; throws with the emulator's error message if it refuses.
 *
 * @param {string} path
 * @param {{method?: string, body?: unknown}} request
 */
export async function call(path, { method = "GET", body } = {}) {
  const response = await fetch(API + path, {
    method,
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error.message);
  return answer;
}

/**
 * Shows an error for a few seconds.
 *
 * @param {unknown} error
 */
export function showError(error) {
  const box = get("error");
  box.textContent = error instanceof Error ? error.message : String(error);
  box.hidden = false;
  setTimeout(() => {
    box.hidden = true;
  }, ERROR_SHOWN_MS);
}

/**
 * The element of the page with this id, which must exist.
 *
 * @param {string} id
 * @returns {any}
 */
export function get(id) {
  return document.getElementById(id);
}
