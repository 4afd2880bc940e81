import { html, nothing, type TemplateResult } from "lit-html";
import type { PageModel } from "../page-model.ts";
import type { PageState } from "../page-state.ts";
import type { Language } from "../text/language.ts";
import { icon } from "./icons.ts";
import type { ViewContext } from "./view-context.ts";

/** The languages, with their own names. */
const languages: readonly { readonly code: Language; readonly name: string }[] = [
  { code: "en", name: "English" },
  { code: "ko", name: "한국어" },
];

/** The top of the page: its title, and the settings for ring tone and language. */
export function viewHeader(model: PageModel, state: PageState, { t, language }: ViewContext): TemplateResult {
  const { config, isRingToneOn } = state;
  return html`<header class="page-header">
    <div class="brand">
      <img src="/favicon.svg" alt="" width="36" height="36" />
      <div>
        <h1>${t.page.title}</h1>
        <p>${t.page.tagline}</p>
      </div>
    </div>
    <div class="page-settings">
      ${
        config === undefined
          ? nothing
          : html`<a class="plain-link" href=${config.consoleUrl}>${t.page.console}</a>
              <a class="plain-link" href=${`${config.fcmUrl}/?lang=${language}`}>${t.page.inbox}</a>`
      }
      <button
        type="button"
        class="button quiet"
        aria-pressed=${isRingToneOn ? "true" : "false"}
        @click=${() => model.switchRingTone()}
      >
        ${icon(isRingToneOn ? "bell" : "bellOff")}<span>${t.page.ringTone}</span>
      </button>
      <div class="segments" role="group" aria-label=${t.page.language}>
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
    </div>
  </header>`;
}
