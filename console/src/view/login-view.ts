import { html, nothing, type TemplateResult } from "lit-html";
import type { ConsoleConfig } from "../service/config.ts";
import { LoginError } from "../service/login.ts";
import type { ConsoleModel } from "../state/console-model.ts";
import { readForm, viewField } from "./field.ts";
import { icon } from "./icons.ts";
import type { LoginForm } from "../state/login-form.ts";
import type { ViewContext } from "./view-context.ts";

/** The login. In the local stack, one click fills in the demo operator. */
export function viewLogin(model: ConsoleModel, { local }: ConsoleConfig, context: ViewContext): TemplateResult {
  const { t } = context;
  const { loginForm: form } = model;
  const { hasExpired } = model.state;
  return html`<main id="main" class="login">
    <section class="panel">
      <h1 tabindex="-1">${t.login.title}</h1>
      <p class="quiet">${hasExpired ? t.login.expired : t.login.about}</p>
      <form @submit=${(event: SubmitEvent) => void form.submit(readForm(event))}>
        ${viewField({ name: "email", label: t.login.email, type: "email", isRequired: true, autocomplete: "username" })}
        ${viewField({
          name: "password",
          label: t.login.password,
          type: "password",
          isRequired: true,
          autocomplete: "current-password",
        })}
        ${viewLoginError(context, form)}
        <div class="actions">
          <button type="submit" class="button primary" ?disabled=${form.isBusy}>${t.login.logIn}</button>
          ${
            local === undefined
              ? html`<button type="button" class="button bare" @click=${() => void form.resetPassword()}>
                  ${t.login.forgotten}
                </button>`
              : html`<button type="button" class="button" @click=${() => form.fillIn(local.operator)}>
                  ${t.login.demo}
                </button>`
          }
        </div>
      </form>
    </section>
  </main>`;
}

function viewLoginError({ t }: ViewContext, { error, isSent }: LoginForm): TemplateResult | typeof nothing {
  if (isSent) return html`<p class="done" role="status">${t.login.sent}</p>`;
  if (error === undefined) return nothing;
  const known =
    error instanceof LoginError ? new Map<string, string>(Object.entries(t.login.errors)).get(error.code) : "";
  return html`<p class="notice" role="alert">${icon("warning")} ${known || t.login.failed}</p>`;
}
