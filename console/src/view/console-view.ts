import { html, nothing, type TemplateResult } from "lit-html";
import { AskError } from "../service/ask.ts";
import type { ConsoleModel } from "../state/console-model.ts";
import { hrefTo, sections, type Section } from "../state/route.ts";
import { texts } from "../text/language.ts";
import { viewQuestion } from "./confirm-view.ts";
import { viewError } from "./error-view.ts";
import { viewHeader } from "./header-view.ts";
import { icon } from "./icons.ts";
import { viewLogin } from "./login-view.ts";
import type { ViewContext } from "./view-context.ts";

/** The whole console. */
export function viewConsole(model: ConsoleModel, now: number): TemplateResult {
  const { language, question } = model.state;
  const context = { t: texts[language], language, now };
  return html`
    <a class="skip" href="#main" @click=${skip}>${context.t.skip}</a>
    ${viewHeader(model, context)} ${viewBody(model, context)}
    ${viewQuestion(context, question, () => model.closeQuestion())}
  `;
}

/** The hash is the console's own, so the link only moves the focus. */
function skip(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>("h1")?.focus();
}

function viewBody(model: ConsoleModel, context: ViewContext): TemplateResult {
  const { t } = context;
  const { config, isIn, session, page, error, route } = model.state;
  if (error instanceof AskError && error.code === "permission-denied") return viewStranger(context);
  if (error !== undefined) return html`<main id="main">${viewError(context, error, () => void model.retry())}</main>`;
  if (config === undefined || isIn === undefined) return viewWaiting(context);
  if (!isIn) return viewLogin(model, config, context);
  if (session === undefined || page === undefined) return viewWaiting(context);
  return html`<div class="frame">
    ${viewNavigation(route.section, context)}
    <main id="main">
      <h1 tabindex="-1">${page.title(t)}</h1>
      ${page.view(context)}
    </main>
  </div>`;
}

function viewWaiting({ t }: ViewContext): TemplateResult {
  return html`<main id="main"><p class="starting" role="status">${t.loading}</p></main>`;
}

/** A user who is no operator sees this and nothing else. */
function viewStranger({ t }: ViewContext): TemplateResult {
  return html`<main id="main" class="login">
    <section class="panel">
      <h1 tabindex="-1">${t.login.stranger}</h1>
      <p>${t.login.strangerAbout}</p>
      <p><code>npm run ops -- operators add</code></p>
    </section>
  </main>`;
}

function viewNavigation(current: Section, { t }: ViewContext): TemplateResult {
  return html`<nav class="sections" aria-label=${t.navigation}>
    <ul>
      ${sections.map(
        (one) =>
          html`<li>
            <a href=${hrefTo(one)} aria-current=${one === current ? "page" : nothing}>${icon(one)}${t.sections[one]}</a>
          </li>`,
      )}
    </ul>
  </nav>`;
}
