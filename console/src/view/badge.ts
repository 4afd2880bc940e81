import { html, type TemplateResult } from "lit-html";

/** What a badge's colour says; its text says it too. */
export type Tone = "good" | "waiting" | "bad" | "idle";

/** A short state with its colour. */
export function viewBadge(tone: Tone, text: string): TemplateResult {
  return html`<span class="badge" data-tone=${tone}>${text}</span>`;
}
