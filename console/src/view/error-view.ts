import { html, nothing, type TemplateResult } from "lit-html";
import { AskError } from "../service/ask.ts";
import { icon } from "./icons.ts";
import type { ViewContext } from "./view-context.ts";

/** What went wrong and what to do, in the page's language. */
export function explainError({ t }: ViewContext, error: unknown): string {
  if (!(error instanceof AskError)) return error instanceof Error ? error.message : String(error);
  const { code, issues, message } = error;
  if (code === "invalid-argument") {
    const details = issues.map(({ path, message: what }) => (path === "" ? what : `${path}: ${what}`));
    return t.errors.invalid(details.join("; ") || message);
  }
  if (code === "not-found" || code === "failed-precondition") return t.errors.refused(message);
  return t.errors.codes[code] ?? t.errors.refused(message);
}

/** A notice of an error; nothing without one. */
export function viewError(context: ViewContext, error: unknown, retry?: () => void): TemplateResult | typeof nothing {
  if (error === undefined) return nothing;
  return html`<div class="notice" role="alert">
    ${icon("warning")}
    <p>${explainError(context, error)}</p>
    ${
      retry === undefined
        ? nothing
        : html`<button type="button" class="button" @click=${retry}>${context.t.errors.tryAgain}</button>`
    }
  </div>`;
}
