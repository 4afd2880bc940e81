import { call, get, showError } from "./api.js";
import { element } from "./elements.js";
import { t } from "./language.js";
import { nameToken } from "./phone-list.js";

/** The faults of FCM that are not one of its errors. */
const OTHER_KINDS = {
  late: { status: 200 },
  drop: { drop: true },
  goaway: { goaway: true },
  502: { status: 502 },
  "quota-device": { error_code: "QUOTA_EXCEEDED", quota: "device" },
  "quota-topic": { error_code: "QUOTA_EXCEEDED", quota: "topic" },
};

/** Shows the pending faults. */
export async function showFaults() {
  const { faults } = await call("/faults");
  get("faults").replaceChildren(...faults.map(describeFault));
}

/** Lets the form script faults and the button clear them. */
export function wireFaultForm() {
  get("new-fault").addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    call("/faults", { method: "POST", body: readFault() }).catch(showError);
  });
  get("clear-faults").addEventListener("click", () => {
    call("/faults", { method: "DELETE" }).catch(showError);
  });
}

/** @param {any} fault */
function describeFault({ remaining, times, match, ...rest }) {
  const what = Object.entries(rest).filter(([key, value]) => key !== "id" && value !== false && value !== 0);
  const words = what.map(([key, value]) => (value === true ? key : `${key} ${value}`)).join(", ");
  const phone = match.token === undefined ? t.anyPhone : nameToken(match.token);
  return element("li", { class: "fault" }, t.fault({ remaining, times, phone, what: words }));
}

function readFault() {
  const token = get("fault-phone").value;
  const retryAfter = get("fault-retry").value.trim();
  return {
    ...readKind(get("fault-kind").value),
    ...(token === "" ? {} : { match: { token } }),
    ...(retryAfter === "" ? {} : { retry_after: retryAfter }),
    times: get("fault-times").valueAsNumber,
    delay_ms: get("fault-delay").valueAsNumber,
  };
}

/**
 * A kind of APNs is named `apns:` and its reason, or what else goes wrong.
 *
 * @param {string} kind
 * @returns {object}
 */
function readKind(kind) {
  const [, apns] = kind.split("apns:");
  if (apns === undefined) return OTHER_KINDS[kind] ?? { error_code: kind };
  return { channel: "apns", ...(OTHER_KINDS[apns] ?? { reason: apns }) };
}
