import { html, nothing, type TemplateResult } from "lit-html";
import { hrefTo, type Section } from "../state/route.ts";

/** A text field of a form, which the form's submit reads by its name. */
export interface Field {
  readonly name: string;
  readonly label: string;
  readonly value?: string;
  readonly hint?: string;
  readonly type?: "text" | "email" | "password" | "number" | "date";
  readonly isRequired?: boolean;
  readonly maxLength?: number;
  readonly autocomplete?: string;
}

/** A labelled input. */
export function viewField(field: Field): TemplateResult {
  const { name, label, value = "", hint, type = "text", isRequired = false, maxLength = 200, autocomplete } = field;
  return html`<label class="field">
    <span>${label}</span>
    <input
      name=${name}
      type=${type}
      .value=${value}
      maxlength=${maxLength}
      ?required=${isRequired}
      autocomplete=${autocomplete ?? "off"}
    />
    ${hint === undefined ? nothing : html`<small class="hint">${hint}</small>`}
  </label>`;
}

/** A choice of a form. */
export interface Choice {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, text: string])[];
}

/** A labelled selection. */
export function viewChoice(
  { name, label, value, options }: Choice,
  onChange?: (value: string) => void,
): TemplateResult {
  const change = ({ target }: Event) => {
    if (target instanceof HTMLSelectElement) onChange?.(target.value);
  };
  return html`<label class="field">
    <span>${label}</span>
    <select name=${name} @change=${change}>
      ${options.map(([one, text]) => html`<option value=${one} .selected=${one === value}>${text}</option>`)}
    </select>
  </label>`;
}

/** Goes to the section with what a form says as its filters. */
export function goByForm(section: Section): (event: SubmitEvent) => void {
  return (event) => {
    location.hash = hrefTo(section, [], readForm(event));
  };
}

/** Reads a form that is submitted, and keeps the browser from leaving the page; empty fields are left out. */
export function readForm(event: SubmitEvent): Record<string, string> {
  event.preventDefault();
  if (!(event.target instanceof HTMLFormElement)) return {};
  const entries = [...new FormData(event.target)].map(([name, value]) => {
    return [name, typeof value === "string" ? value.trim() : ""] as const;
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== ""));
}
