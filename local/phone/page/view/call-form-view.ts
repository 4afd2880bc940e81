import { html, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { DemoUser, PhoneConfig } from "../../wire.ts";
import { exampleCallers } from "../example-callers.ts";
import type { CallForm, PbxPanel } from "../pbx-panel.ts";
import type { ViewContext } from "./view-context.ts";

/** The text fields of the form. */
type TextField = Exclude<keyof CallForm, "extens">;

/** The form for a new call. */
export function viewCallForm(pbx: PbxPanel, { users }: PhoneConfig, context: ViewContext): TemplateResult {
  const { t } = context;
  const { form } = pbx.state;
  const place = (event: Event) => {
    event.preventDefault();
    void pbx.place();
  };
  return html`<form class="call-form" @submit=${place}>
    ${viewExamples(pbx, context)}
    <div class="field-row">
      ${viewText(pbx, "callerName", t.pbx.callerName, { maxLength: 255 })}
      ${viewText(pbx, "callerId", t.pbx.callerId, { maxLength: 64, inputMode: "tel" })}
    </div>
    <fieldset class="lines">
      <legend>${t.pbx.lines}</legend>
      ${users.flatMap((user) => user.lines.map((line) => viewLine(pbx, user, line)))}
      <p class="hint">${t.pbx.group}</p>
    </fieldset>
    <div class="field-row">
      ${viewText(pbx, "otherExten", t.pbx.otherExten, { maxLength: 33, inputMode: "tel" })}
      <label class="field">
        <span>${t.pbx.ringSeconds}</span>
        <input
          type="number"
          min="5"
          max="120"
          required
          .value=${live(form.ringSeconds)}
          @input=${(event: Event) => pbx.edit({ ringSeconds: readValue(event) })}
        />
      </label>
    </div>
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
      .value=${live(pbx.state.form[name])}
      @input=${(event: Event) => pbx.edit({ [name]: readValue(event) })}
    />
  </label>`;
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
