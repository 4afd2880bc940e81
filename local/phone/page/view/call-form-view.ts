import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { DemoUser, PhoneConfig } from "../../wire.ts";
import { exampleCallers } from "../example-callers.ts";
import type { CallForm, FormErrors } from "../check-call-form.ts";
import type { PbxPanel } from "../pbx-panel.ts";
import type { ViewContext } from "./view-context.ts";

/** The text fields of the form. */
type TextField = Exclude<keyof CallForm, "extens">;

/** The id of a field's error. */
const errorId = (name: keyof CallForm) => `wrong-${name}`;

/** The form for a new call. */
export function viewCallForm(pbx: PbxPanel, { users }: PhoneConfig, context: ViewContext): TemplateResult {
  const { t } = context;
  const place = (event: Event) => {
    event.preventDefault();
    void pbx.place();
  };
  return html`<form class="call-form" novalidate @submit=${place}>
    ${viewExamples(pbx, context)}
    <div class="field-row">
      ${viewText(pbx, "callerName", t.pbx.callerName, { maxLength: 255 })}
      ${viewText(pbx, "callerId", t.pbx.callerId, { maxLength: 64, inputMode: "tel" })}
    </div>
    <fieldset class="lines" aria-describedby=${describe(pbx, "extens")}>
      <legend>${t.pbx.lines}</legend>
      ${users.flatMap((user) => user.lines.map((line) => viewLine(pbx, user, line)))}
      <p class="hint">${t.pbx.group}</p>
      ${viewError(pbx, "extens", context)}
    </fieldset>
    <div class="field-row">
      ${viewText(pbx, "otherExten", t.pbx.otherExten, { maxLength: 33, inputMode: "tel" })}
      ${viewText(pbx, "ringSeconds", t.pbx.ringSeconds, { maxLength: 3, inputMode: "numeric" })}
    </div>
    ${viewError(pbx, "otherExten", context)} ${viewError(pbx, "ringSeconds", context)}
    <button type="submit" class="button primary">${t.pbx.place}</button>
  </form>`;
}

function viewExamples(pbx: PbxPanel, { t }: ViewContext): TemplateResult {
  const choose = (event: Event) => {
    const example = exampleCallers[Number(readValue(event))];
    if (example !== undefined) pbx.edit(example);
  };
  return html`<label class="field">
    <span>${t.pbx.examples}</span>
    <select @change=${choose}>
      <option value="">${t.pbx.example}</option>
      ${t.pbx.exampleNames.map((name, index) => html`<option value=${index}>${name}</option>`)}
    </select>
  </label>`;
}

function viewText(
  pbx: PbxPanel,
  name: TextField,
  label: string,
  { maxLength, inputMode = "text" }: { readonly maxLength: number; readonly inputMode?: string },
): TemplateResult {
  return html`<label class="field">
    <span>${label}</span>
    <input
      type="text"
      dir="auto"
      autocomplete="off"
      maxlength=${maxLength}
      inputmode=${inputMode}
      aria-invalid=${name in pbx.state.wrong ? "true" : "false"}
      aria-describedby=${describe(pbx, name)}
      .value=${live(pbx.state.form[name])}
      @input=${(event: Event) => pbx.edit({ [name]: readValue(event) })}
    />
  </label>`;
}

/** What is wrong with a field, said below its row. */
function viewError(pbx: PbxPanel, name: keyof FormErrors, { t }: ViewContext): TemplateResult | typeof nothing {
  const error = pbx.state.wrong[name];
  if (error === undefined) return nothing;
  return html`<p class="field-error" id=${errorId(name)} role="alert">${t.pbx.wrong[error]}</p>`;
}

function describe(pbx: PbxPanel, name: keyof CallForm): string | typeof nothing {
  return name in pbx.state.wrong ? errorId(name) : nothing;
}

function viewLine(pbx: PbxPanel, { email }: DemoUser, line: string): TemplateResult {
  const { extens } = pbx.state.form;
  const toggle = () =>
    pbx.edit({ extens: extens.includes(line) ? extens.filter((other) => other !== line) : [...extens, line] });
  return html`<label class="check">
    <input type="checkbox" .checked=${live(extens.includes(line))} @change=${toggle} />
    <span>${line}</span><small>${email}</small>
  </label>`;
}

function readValue({ target }: Event): string {
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement ? target.value : "";
}
