import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { TooManyPhones, type PageModel } from "../page-model.ts";
import type { PageState } from "../page-state.ts";
import { maxPhones } from "../phone/locks.ts";
import { texts } from "../text/language.ts";
import type { Platform } from "../stack/push.ts";
import { viewHeader } from "./header-view.ts";
import { icon } from "./icons.ts";
import { viewPbx } from "./pbx-view.ts";
import { viewPhone } from "./phone-view.ts";
import { explainError } from "./format.ts";
import type { ViewContext } from "./view-context.ts";

/** The whole page. */
export function viewPage(model: PageModel, now: number): TemplateResult {
  const { state } = model;
  const context = { t: texts[state.language], language: state.language, now };
  return html`
    ${viewHeader(model, state, context)} ${viewStackError(state, context)}
    <main>
      ${state.config === undefined ? nothing : viewPbx(model, state.config, context)} ${viewPhones(model, context)}
    </main>
  `;
}

/** An error of the stack that affects the whole page. */
function viewStackError({ startError, isLive, config }: PageState, context: ViewContext): TemplateResult {
  const { t } = context;
  if (startError !== undefined) {
    return html`<div class="banner" role="alert">
      ${icon("warning")}
      <p>${explainError(context, startError)}</p>
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

function viewPhones(model: PageModel, context: ViewContext): TemplateResult {
  const { t } = context;
  const { config, phones, phonesError } = model.state;
  if (config === undefined) return html``;
  return html`<section class="phones" aria-label=${t.page.phones}>
    ${phonesError === undefined ? nothing : html`<p class="notice" role="alert">${explainPhones(context, phonesError)}</p>`}
    <div class="phone-list" data-count=${model.handsets.length}>
      ${repeat(
        model.handsets,
        (handset) => handset,
        (handset) => viewPhone(model, handset, context),
      )}
    </div>
    ${phones === undefined ? nothing : viewAddPhone(model, config.users, context)}
  </section>`;
}

function viewAddPhone(
  model: PageModel,
  users: readonly { readonly email: string }[],
  { t }: ViewContext,
): TemplateResult {
  return html`<div class="add-phone">
    ${users.flatMap(({ email }) =>
      platforms.map(
        (platform) =>
          html`<button type="button" class="button quiet" @click=${() => void model.addPhone(email, platform)}>
            ${icon("plus")}<span>${t.page.addPhone[platform]}</span> <small>${email}</small>
          </button>`,
      ),
    )}
  </div>`;
}

const platforms: readonly Platform[] = ["android", "ios"];

function explainPhones(context: ViewContext, error: unknown): string {
  return error instanceof TooManyPhones ? context.t.page.tooManyPhones(maxPhones) : explainError(context, error);
}
