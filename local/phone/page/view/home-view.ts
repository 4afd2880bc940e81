import { html, nothing, type TemplateResult } from "lit-html";
import type { HistoryEntry } from "../../wire.ts";
import type { AppState } from "../phone/app-state.ts";
import type { HandsetState } from "../phone/handset-state.ts";
import { nameCaller } from "./caller-view.ts";
import { icon } from "./icons.ts";
import { explainError, formatWhen } from "./format.ts";
import type { ViewContext } from "./view-context.ts";

/** The open app: its user, and the call history. */
export function viewHome({ saved, app }: HandsetState, context: ViewContext): TemplateResult {
  const { t } = context;
  if (app === undefined) return html``;
  return html`<div class="home">
    <div class="home-head" data-connection=${app.connection}>
      <p class="home-line">${app.extens.join(", ") || t.phone.noLine}</p>
      <p class="home-user">${saved.email}</p>
      <p class="home-connection" role="status">${t.phone.webSocket} ${t.phone.connections[app.connection]}</p>
    </div>
    <h3>${t.phone.recents}</h3>
    ${viewHistory(app.history, saved.deviceId, context)}
  </div>`;
}

function viewHistory({ entries, error }: AppState["history"], deviceId: string, context: ViewContext): TemplateResult {
  const { t } = context;
  if (error !== undefined) return html`<p class="quiet" role="alert">${explainError(context, error)}</p>`;
  if (entries === undefined) return html`<p class="quiet">${t.phone.loading}</p>`;
  if (entries.length === 0) return html`<p class="quiet">${t.phone.noCalls}</p>`;
  return html`<ul class="recents" tabindex="0" aria-label=${t.phone.recents}>
    ${entries.map((entry) => viewEntry(entry, deviceId, context))}
  </ul>`;
}

function viewEntry(entry: HistoryEntry, deviceId: string, context: ViewContext): TemplateResult {
  const { callerId, callerName, createdAt, rings } = entry;
  const outcome = describeOutcome(entry, deviceId, context);
  return html`<li data-kind=${outcome.kind}>
    <span class="recent-icon">${icon("handset", "solid")}</span>
    <span class="recent-caller"
      ><bdi>${nameCaller(context, { name: callerName, number: callerId })}</bdi
      >${rings > 1 ? ` (${rings})` : nothing}</span
    >
    <time datetime=${createdAt}>${formatWhen(context, Date.parse(createdAt))}</time>
    <span class="recent-outcome">
      ${callerName === "" || callerId === "" ? nothing : html`<bdi>${callerId}</bdi> · `}${outcome.text}
    </span>
  </li>`;
}

/** Outcome of a call, seen from this phone. */
function describeOutcome(entry: HistoryEntry, deviceId: string, { t, now }: ViewContext) {
  const { status, endReason, answeredBy, ringEndsAt } = entry;
  if (answeredBy === deviceId) return { kind: "answered", text: t.call.answeredHere };
  if (answeredBy !== undefined) return { kind: "elsewhere", text: t.call.ends.answered_elsewhere };
  if (status === "ended" && endReason === "answered") return { kind: "elsewhere", text: t.call.answeredAtDesk };
  if (status === "ended" && endReason !== undefined) {
    return { kind: endReason === "declined" ? "elsewhere" : "missed", text: t.call.ends[endReason] };
  }
  const isOver = ringEndsAt !== undefined && now >= Date.parse(ringEndsAt);
  return isOver ? { kind: "missed", text: t.call.ends.missed } : { kind: "open", text: t.call.statuses[status] };
}
