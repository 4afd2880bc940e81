import { html, nothing, type TemplateResult } from "lit-html";
import type { DeviceRequest, DeviceStory } from "../../../../functions/src/console/wire.ts";
import { Loaded } from "../../state/loaded.ts";
import type { ConsolePage, Tools } from "../../state/page.ts";
import { hrefTo } from "../../state/route.ts";
import type { Texts } from "../../text/texts.ts";
import { viewError } from "../../view/error-view.ts";
import { viewTime } from "../../view/format.ts";
import { namePhone } from "../../view/name-phone.ts";
import { viewTable } from "../../view/table.ts";
import type { ViewContext } from "../../view/view-context.ts";
import { ringColumns } from "../calls/ring-columns.ts";
import { viewConcerns } from "./health-view.ts";

/** One phone: its health, what its app says of it, and its last rings. */
export class PhonePage implements ConsolePage {
  readonly #tools: Tools;
  readonly #phone: DeviceRequest;
  readonly #story: Loaded<DeviceStory>;
  readonly #forgotten: Loaded<{ readonly isForgotten: boolean }>;

  constructor(tools: Tools, phone: DeviceRequest) {
    this.#tools = tools;
    this.#phone = phone;
    this.#story = new Loaded(tools.onChange);
    this.#forgotten = new Loaded(tools.onChange);
    void this.#load();
  }

  title(t: Texts): string {
    return this.#story.value === undefined ? t.phones.phone : namePhone(this.#story.value);
  }

  view(context: ViewContext): TemplateResult {
    const { t } = context;
    const { value, error } = this.#story;
    return html`
      <p><a href=${hrefTo("phones")}>← ${t.sections.phones}</a></p>
      ${viewError(context, error, () => void this.#load())} ${viewError(context, this.#forgotten.error)}
      ${this.#forgotten.value === undefined ? nothing : html`<p class="done" role="status">${t.phones.forgotten}</p>`}
      ${value === undefined && error === undefined ? html`<p class="empty" role="status">${t.loading}</p>` : nothing}
      ${value === undefined ? nothing : this.#viewStory(context, value)}
    `;
  }

  close(): void {
    // Nothing goes on.
  }

  #viewStory(context: ViewContext, story: DeviceStory): TemplateResult {
    const { t } = context;
    return html`
      <section class="panel" aria-labelledby="health">
        <h2 id="health">${t.phones.health}</h2>
        ${viewConcerns(context, story.concerns)}
      </section>
      <section class="panel" aria-labelledby="about">
        <header class="bar">
          <h2 id="about">${t.phones.about}</h2>
          <button type="button" class="button danger" @click=${() => this.#askToForget(context)}>
            ${t.phones.forget}
          </button>
        </header>
        ${viewFacts(context, story)}
      </section>
      <section class="panel" aria-labelledby="rings">
        <h2 id="rings">${t.phones.rings}</h2>
        ${
          story.rings.length === 0
            ? html`<p class="empty">${t.calls.none}</p>`
            : viewTable({
                label: t.phones.rings,
                columns: ringColumns(context),
                rows: story.rings,
                keyOf: ({ callId }) => callId,
              })
        }
      </section>
    `;
  }

  #askToForget({ t }: ViewContext): void {
    this.#tools.question({
      title: t.phones.forget,
      text: t.phones.forgetWarning,
      yes: t.phones.forget,
      act: () => void this.#forgotten.load(async () => this.#tools.ask("forgetDevice", this.#phone)),
    });
  }

  async #load(): Promise<void> {
    await this.#story.load(async () => this.#tools.ask("device", this.#phone));
  }
}

function viewFacts(context: ViewContext, story: DeviceStory): TemplateResult {
  const { t } = context;
  const { uid, email, deviceId, platform, extens, appVersion, locale, registration, voip, server } = story;
  const own: readonly (readonly [string, unknown])[] = [
    [t.call.user, email ?? uid],
    [t.sections.lines, extens.join(", ") || "–"],
    [t.phones.platform, t.platforms[platform]],
    [t.phones.lastSeen, viewTime(context, story.lastSeenAt)],
    [t.phones.createdAt, viewTime(context, story.createdAt)],
    [t.phones.appVersion, appVersion ?? "–"],
    [t.phones.locale, locale ?? "–"],
    [t.phones.server, server ?? t.phones.noServer],
    [t.phones.registration, html`<code>${registration}</code>`],
    ...(voip === undefined ? [] : ([[t.phones.voip, `${voip.topic} (${voip.environment})`]] as const)),
    [t.phones.deviceId, html`<code>${deviceId}</code>`],
    ...Object.entries(story.facts).map(([name, value]) => [name, String(value)] as const),
  ];
  return html`<dl class="facts">
    ${own.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd><bdi>${value}</bdi></dd>
        </div>`,
    )}
  </dl>`;
}
