import { API, call, get, showError } from "./api.js";
import { showFaults, wireFaultForm } from "./fault-form.js";
import { t, translatePage } from "./language.js";
import { buildMessageCard } from "./message-card.js";
import { showPhone } from "./phone-list.js";

/** More cards than this make the page slow. */
const MAX_CARDS = 300;
const MAX_PHONES = 200;

/** @type {Map<string, HTMLElement>} */
const phones = new Map();
/** @type {Map<string, HTMLElement>} */
const cards = new Map();

/** @param {any} record */
function showMessage(record) {
  const card = buildMessageCard(record);
  const old = cards.get(record.id);
  card.hidden = !isWanted(card);
  if (old === undefined) get("messages").prepend(card);
  else old.replaceWith(card);
  cards.set(record.id, card);
  if (cards.size > MAX_CARDS) {
    const [oldest] = cards.keys();
    cards.get(oldest)?.remove();
    cards.delete(oldest);
  }
  get("no-messages").hidden = true;
}

/** @param {HTMLElement} card */
function isWanted(card) {
  const wanted = get("filter").value;
  return wanted === "" || card.dataset["token"] === wanted;
}

/** @typedef {{accepted: number, refused: number, dryRuns: number, failed: number}} Counters */
/** @typedef {Counters & {sends: number}} Counts */

/** @param {Counters & {apns: Counters}} counters */
function showCounters({ apns, ...fcm }) {
  get("counts").textContent = [t.counts("FCM", countAnswered(fcm)), t.counts("APNs", countAnswered(apns))].join(" · ");
}

/**
 * Those that have an answer, so that the parts add up.
 *
 * @param {Counters} counters
 * @returns {Counts}
 */
function countAnswered({ accepted, refused, dryRuns, failed }) {
  return { accepted, refused, dryRuns, failed, sends: accepted + refused + dryRuns + failed };
}

async function load() {
  const [{ registrations }, { messages }, counters] = await Promise.all([
    call(`/registrations?limit=${MAX_PHONES}`),
    call(`/messages?limit=${MAX_CARDS}`),
    call("/counters"),
    showFaults(),
  ]);
  cards.clear();
  get("messages").replaceChildren();
  get("no-messages").hidden = false;
  for (const phone of registrations) showPhone(phones, phone);
  for (const record of messages) showMessage(record);
  showCounters(counters);
}

function loadOrShowError() {
  load().catch(showError);
}

function followStream() {
  const stream = new EventSource(`${API}/stream`);
  const link = get("link");
  stream.addEventListener("open", () => {
    link.textContent = t.live;
    link.dataset.tone = "good";
    // Events of the time without a connection are only in the lists.
    loadOrShowError();
  });
  stream.addEventListener("error", () => {
    link.textContent = t.lost;
    link.dataset.tone = "bad";
  });
  stream.addEventListener("message", ({ data }) => showMessage(JSON.parse(data)));
  stream.addEventListener("registration", ({ data }) => showPhone(phones, JSON.parse(data)));
  stream.addEventListener("counters", ({ data }) => showCounters(JSON.parse(data)));
  stream.addEventListener("faults", () => void showFaults().catch(showError));
  stream.addEventListener("cleared", loadOrShowError);
}

translatePage();
get("new-phone").addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  call("/registrations", { method: "POST", body: { platform: get("platform").value } }).catch(showError);
});
get("clear-messages").addEventListener("click", () => {
  call("/messages", { method: "DELETE" }).catch(showError);
});
get("filter").addEventListener("change", () => {
  for (const card of cards.values()) card.hidden = !isWanted(card);
});
wireFaultForm();
followStream();
