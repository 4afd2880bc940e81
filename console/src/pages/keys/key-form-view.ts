import { html, type TemplateResult } from "lit-html";
import type { AddKeyRequest, KeyScope } from "../../../../functions/src/console/wire.ts";
import { readForm, viewField } from "../../view/field.ts";
import type { ViewContext } from "../../view/view-context.ts";

const scopes: readonly KeyScope[] = ["calls", "send", "lines", "keys"];

/** What the form of a new key does. */
export interface KeyFormActions {
  readonly isBusy: boolean;
  readonly onSubmit: (event: SubmitEvent) => void;
  readonly onCancel: () => void;
}

/** The form of a new key. */
export function viewKeyForm({ t }: ViewContext, { isBusy, onSubmit, onCancel }: KeyFormActions): TemplateResult {
  return html`<section class="panel" aria-labelledby="new-key">
    <h2 id="new-key">${t.keys.add}</h2>
    <form class="key-form" @submit=${onSubmit}>
      ${viewField({ name: "pbxId", label: t.keys.pbxId, hint: t.keys.pbxIdHint, isRequired: true, maxLength: 64 })}
      ${viewField({ name: "note", label: t.keys.note })}
      <fieldset>
        <legend>${t.keys.scopes}</legend>
        ${scopes.map(
          (scope) =>
            html`<label class="check">
              <input type="checkbox" name=${`scope-${scope}`} ?checked=${scope === "calls"} />
              <span>${scope}</span><small>${t.keys.scopeHints[scope]}</small>
            </label>`,
        )}
      </fieldset>
      ${viewField({ name: "extens", label: t.keys.extens, hint: t.keys.extensHint })}
      ${viewField({ name: "ips", label: t.keys.ips, hint: t.keys.ipsHint })}
      ${viewField({ name: "expiresAt", label: t.keys.expiresAt, hint: t.keys.expiresAtHint, type: "date" })}
      <div class="actions">
        <button type="submit" class="button primary" ?disabled=${isBusy}>${t.keys.make}</button>
        <button type="button" class="button" @click=${onCancel}>${t.cancel}</button>
      </div>
    </form>
  </section>`;
}

/** The key that the form asks for. */
export function readKeyForm(event: SubmitEvent): AddKeyRequest {
  const { pbxId = "", note, extens, ips, expiresAt, ...rest } = readForm(event);
  const wanted = scopes.filter((scope) => `scope-${scope}` in rest);
  return {
    pbxId,
    ...(wanted.length > 0 && { scopes: wanted }),
    ...(note !== undefined && { note }),
    ...(extens !== undefined && { extens: split(extens) }),
    ...(ips !== undefined && { ips: split(ips) }),
    // The end of that day, where the operator is.
    ...(expiresAt !== undefined && { expiresAt: new Date(`${expiresAt}T23:59:59`).toISOString() }),
  };
}

function split(list: string): string[] {
  return list.split(/[\s,]+/).filter(Boolean);
}
