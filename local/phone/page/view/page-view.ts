import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { TooManyPhones, type PageModel } from "../page-model.ts";
import type { PageState } from "../page-state.ts";
import { maxPhones } from "../phone/locks.ts";
import { texts } from "../text/language.ts";
import { viewHeader } from "./header-view.ts";
import { icon } from "./icons.ts";
import { viewPbx } from "./pbx-view.ts";
import { viewPhone } from "./phone-view.ts";
import { explainError, type Words } from "./words.ts";

/** The whole page as it is to look now. */
export function viewPage(model: PageModel, now: number): TemplateResult {
  const { state } = model;
  const words = { t: texts[state.language], language: state.language, now };
  return html`
    ${viewHeader(model, state, words)} ${viewStackTrouble(state, words)}
    <main>
      ${state.config === undefined ? nothing : viewPbx(model, state.config, words)} ${viewPhones(model, words)}
    </main>
  `;
}

/** What keeps the whole page from working. */
function viewStackTrouble({ startError, isLive, config }: PageState, words: Words): TemplateResult {
  const { t } = words;
  if (startError !== undefined) {
    return html`<div class="banner" role="alert">
      ${icon("warning")}
      <p>${explainError(words, startError)}</p>
      <button type="button" class="button" @click=${() => location.reload()}>${t.page.tryAgain}</button>
    </div>`;
  }
  if (isLive === false)
    return html`<div class="banner" role="alert">
      ${icon("warning")}
      <p>${t.page.stackLost}</p>
    </div>`;
  if (config === undefined) return html`<p class="starting">${t.page.starting}</p>`;
  return html``;
}

function viewPhones(model: PageModel, words: Words): TemplateResult {
  const { t } = words;
  const { config, phones, phonesError } = model.state;
  if (config === undefined) return html``;
  return html`<section class="phones" aria-label=${t.page.phones}>
    ${phonesError === undefined ? nothing : html`<p class="notice" role="alert">${explainPhones(words, phonesError)}</p>`}
    <div class="phone-list" data-count=${model.handsets.length}>
      ${repeat(
        model.handsets,
        (handset) => handset,
        (handset) => viewPhone(model, handset, words),
      )}
    </div>
    ${phones === undefined ? nothing : viewAddPhone(model, config.users, words)}
  </section>`;
}

function viewAddPhone(model: PageModel, users: readonly { readonly email: string }[], { t }: Words): TemplateResult {
  return html`<div class="add-phone">
    ${users.map(
      ({ email }) =>
        html`<button
          type="button"
          class="button quiet"
          aria-label=${t.page.addPhone(email)}
          @click=${() => void model.addPhone(email)}
        >
          ${icon("plus")}<span>${t.page.addPhoneShort}</span><small>${email}</small>
        </button>`,
    )}
  </div>`;
}

function explainPhones(words: Words, error: unknown): string {
  return error instanceof TooManyPhones ? words.t.page.tooManyPhones(maxPhones) : explainError(words, error);
}
