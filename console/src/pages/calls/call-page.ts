import { html, nothing, type TemplateResult } from "lit-html";
import type { CallStory } from "../../../../functions/src/console/wire.ts";
import { poll } from "../../service/poll.ts";
import { Loaded } from "../../state/loaded.ts";
import type { ConsolePage, Tools } from "../../state/page.ts";
import { hrefTo } from "../../state/route.ts";
import type { Texts } from "../../text/texts.ts";
import { viewError } from "../../view/error-view.ts";
import type { ViewContext } from "../../view/view-context.ts";
import { viewFinding } from "./finding-view.ts";
import { viewRing } from "./ring-view.ts";

/** A call that is not over is looked at again, in milliseconds. */
const openMs = 2_000;

/** One call: the verdict on each of its phones, and its time line. */
export class CallPage implements ConsolePage {
  readonly #tools: Tools;
  readonly #story: Loaded<CallStory>;
  readonly #call: string;
  readonly #at: string | undefined;
  #stop: (() => void) | undefined;

  constructor(tools: Tools, call: string, { at }: Readonly<Record<string, string>>) {
    this.#tools = tools;
    this.#call = call;
    this.#at = at;
    this.#story = new Loaded(tools.onChange);
    this.#follow();
  }

  title(t: Texts): string {
    return t.call.title;
  }

  view(context: ViewContext): TemplateResult {
    const { t } = context;
    const { value, error } = this.#story;
    return html`
      <p><a href=${hrefTo("calls")}>← ${t.sections.calls}</a></p>
      ${viewError(context, error, () => this.#follow())}
      ${value === undefined && error === undefined ? html`<p class="empty" role="status">${t.loading}</p>` : nothing}
      ${
        value?.missing === undefined
          ? nothing
          : html`<section class="panel" aria-label=${t.call.noRecord}>
              <h2>${t.call.noRecord}</h2>
              <p class="quiet"><bdi>${this.#call}</bdi></p>
              ${viewFinding(context, value.missing)}
            </section>`
      }
      ${value?.rings.map((ring) => viewRing(context, ring))}
    `;
  }

  close(): void {
    this.#stop?.();
  }

  /** Looks at the call until it is over. */
  #follow(): void {
    this.#stop?.();
    this.#stop = poll(async () => {
      await this.#load();
      return this.#story.value?.rings.some(({ isOpen }) => isOpen) === true ? openMs : undefined;
    });
  }

  async #load(): Promise<void> {
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    const at = this.#at === undefined ? {} : { at: this.#at };
    await this.#story.load(async () => this.#tools.ask("call", { call: this.#call, timeZone, ...at }));
  }
}
