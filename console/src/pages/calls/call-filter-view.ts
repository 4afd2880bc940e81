import { html, type TemplateResult } from "lit-html";
import type { CallFilter } from "../../../../functions/src/console/wire.ts";
import type { CallStatus } from "../../../../functions/src/wire.ts";
import { hrefTo } from "../../state/route.ts";
import { goByForm, viewChoice, viewField } from "../../view/field.ts";
import { icon } from "../../view/icons.ts";
import type { ViewContext } from "../../view/view-context.ts";

const statuses: readonly CallStatus[] = ["waking", "notified", "ready", "answered", "declined", "failed", "ended"];

/** The filter of an address; what is no filter is left out. */
export function parseFilter({ pbxId, exten, user, status }: Readonly<Record<string, string>>): CallFilter {
  const known = statuses.find((one) => one === status);
  return {
    ...(pbxId !== undefined && { pbxId }),
    ...(exten !== undefined && { exten }),
    ...(user !== undefined && { user }),
    ...(known !== undefined && { status: known }),
  };
}

/** The filter of the calls. It goes into the address, so that a filtered list can be sent to a colleague. */
export function viewFilter({ t }: ViewContext, filter: CallFilter): TemplateResult {
  return html`<form class="filter" aria-label=${t.filter.title} @submit=${goByForm("calls")}>
    ${viewField({ name: "exten", label: t.ring.exten, value: filter.exten ?? "" })}
    ${viewField({ name: "user", label: t.filter.user, value: filter.user ?? "" })}
    ${viewField({ name: "pbxId", label: t.ring.pbx, value: filter.pbxId ?? "" })}
    ${viewChoice({
      name: "status",
      label: t.filter.status,
      value: filter.status ?? "",
      options: [["", t.filter.any], ...statuses.map((one) => [one, t.statuses[one]] as const)],
    })}
    <div class="actions">
      <button type="submit" class="button primary">${icon("search")}${t.filter.apply}</button>
      <a class="button" href=${hrefTo("calls")}>${t.filter.clear}</a>
    </div>
  </form>`;
}
