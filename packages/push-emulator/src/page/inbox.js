import { API, call, get, showError } from "./api.js";
import { showFaults, wireFaultForm } from "./fault-form.js";
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

/** @typedef {{sends: number, accepted: number, refused: number, faulted: number}} Counters */

/** @param {Counters & {apns: Counters}} counters */
function showCounters({ apns, ...fcm }) {
  get("counts").textContent = `FCM: ${describeCounters(fcm)}. APNs: ${describeCounters(apns)}.`;
}

/** @param {Counters} counters */
function describeCounters({ sends, accepted, refused, faulted }) {
  return `${sends} sends, ${accepted} accepted, ${refused} refused, ${faulted} with a fault`;
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
    link.textContent = "live";
    link.dataset.state = "online";
    // Events of the time without a connection are only in the lists.
    loadOrShowError();
  });
  stream.addEventListener("error", () => {
    link.textContent = "connection lost, trying again";
    link.dataset.state = "lost";
  });
  stream.addEventListener("message", ({ data }) => showMessage(JSON.parse(data)));
  stream.addEventListener("registration", ({ data }) => showPhone(phones, JSON.parse(data)));
  stream.addEventListener("counters", ({ data }) => showCounters(JSON.parse(data)));
  stream.addEventListener("faults", () => void showFaults().catch(showError));
  stream.addEventListener("cleared", loadOrShowError);
}

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
