import { html, type TemplateResult } from "lit-html";

/** A button in a row of a table. */
export interface RowButton {
  readonly text: string;
  /** What it acts on, so that a screen reader tells the buttons of the rows apart. */
  readonly of: string;
  readonly act: () => void;
  readonly isDangerous?: boolean;
}

/** A small button whose name says what it acts on. */
export function viewRowButton({ text, of, act, isDangerous = false }: RowButton): TemplateResult {
  const look = isDangerous ? "button small danger" : "button small";
  return html`<button type="button" class=${look} aria-label=${`${text} ${of}`} @click=${act}>${text}</button>`;
}
