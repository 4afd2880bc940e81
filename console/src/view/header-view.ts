import { html, nothing, type TemplateResult } from "lit-html";
import type { ConsoleModel } from "../state/console-model.ts";
import type { Language } from "../text/language.ts";
import type { ViewContext } from "./view-context.ts";

/** The languages, with their own names. */
const languages: readonly { readonly code: Language; readonly name: string }[] = [
  { code: "en", name: "English" },
  { code: "ko", name: "한국어" },
];

/** The top of the console: its name, the project, the language, and who is logged in. */
export function viewHeader(model: ConsoleModel, { t, language }: ViewContext): TemplateResult {
  const { session, isIn } = model.state;
  return html`<header class="page-header">
    <div class="brand">
      <img src="/favicon.svg" alt="" width="36" height="36" />
      <div>
        <p class="brand-name">${t.title}</p>
        <p>${session?.project ?? t.tagline}</p>
      </div>
    </div>
    <div class="page-settings">
      <div class="segments" role="group" aria-label=${t.language}>
        ${languages.map(
          ({ code, name }) =>
            html`<button
              type="button"
              lang=${code}
              aria-pressed=${code === language ? "true" : "false"}
              @click=${() => model.switchLanguage(code)}
            >
              ${name}
            </button>`,
        )}
      </div>
      ${session === undefined ? nothing : html`<span class="quiet who"><bdi>${session.email ?? session.uid}</bdi></span>`}
      ${
        isIn === true
          ? html`<button type="button" class="button quiet" @click=${() => void model.logOut()}>${t.logOut}</button>`
          : nothing
      }
    </div>
  </header>`;
}
