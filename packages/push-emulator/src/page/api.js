/** The emulator's own API. */
export const API = "/emulator/v1";

const TROUBLE_MS = 6000;

/**
 * Calls the API and gives back its JSON; throws with the emulator's own words when it refuses.
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
export function showTrouble(error) {
  const trouble = get("trouble");
  trouble.textContent = error instanceof Error ? error.message : String(error);
  trouble.hidden = false;
  setTimeout(() => {
    trouble.hidden = true;
  }, TROUBLE_MS);
}

/**
 * The element of the page with this id, which must be there.
 *
 * @param {string} id
 * @returns {any}
 */
export function get(id) {
  return document.getElementById(id);
}
