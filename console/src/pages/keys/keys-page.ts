import { html, nothing, type TemplateResult } from "lit-html";
import type { KeyRow, NewKey, RevokedKeys, RotatedKey } from "../../../../functions/src/console/wire.ts";
import { Loaded } from "../../state/loaded.ts";
import type { ConsolePage, Tools } from "../../state/page.ts";
import type { Texts } from "../../text/texts.ts";
import { viewError } from "../../view/error-view.ts";
import { icon } from "../../view/icons.ts";
import { viewTable } from "../../view/table.ts";
import type { ViewContext } from "../../view/view-context.ts";
import { readKeyForm, viewKeyForm } from "./key-form-view.ts";
import { keyColumns } from "./key-columns.ts";
import { viewSecret } from "./secret-view.ts";

/** The keys of the PBXs: added, rotated and revoked here. */
export class KeysPage implements ConsolePage {
  readonly #tools: Tools;
  readonly #keys: Loaded<{ readonly rows: readonly KeyRow[] }>;
  readonly #made: Loaded<NewKey | RotatedKey>;
  readonly #revoked: Loaded<RevokedKeys>;
  #isFormOpen = false;

  constructor(tools: Tools) {
    this.#tools = tools;
    this.#keys = new Loaded(tools.onChange);
    this.#made = new Loaded(tools.onChange);
    this.#revoked = new Loaded(tools.onChange);
    void this.#load();
  }

  title(t: Texts): string {
    return t.sections.keys;
  }

  view(context: ViewContext): TemplateResult {
    const { t } = context;
    const { value: made } = this.#made;
    return html`
      ${made === undefined ? nothing : viewSecret(context, made, () => this.#hideSecret())}
      ${viewError(context, this.#made.error)} ${viewError(context, this.#revoked.error)} ${this.#viewRevoked(context)}
      ${
        this.#isFormOpen
          ? viewKeyForm(context, {
              isBusy: this.#made.isLoading,
              onSubmit: (event) => void this.#add(event),
              onCancel: () => this.#openForm(false),
            })
          : html`<p>
              <button type="button" class="button primary" @click=${() => this.#openForm(true)}>
                ${icon("plus")}${t.keys.add}
              </button>
            </p>`
      }
      ${viewError(context, this.#keys.error, () => void this.#load())} ${this.#viewKeys(context)}
    `;
  }

  close(): void {
    this.#hideSecret();
  }

  #viewKeys(context: ViewContext): TemplateResult {
    const { t } = context;
    const { value, error } = this.#keys;
    if (value === undefined)
      return error === undefined ? html`<p class="empty" role="status">${t.loading}</p>` : html``;
    if (value.rows.length === 0) return html`<p class="empty">${t.keys.none}</p>`;
    const actions = {
      rotate: (pbxId: string) =>
        this.#tools.question({
          title: t.keys.rotate,
          text: t.keys.rotateWarning(pbxId),
          yes: t.keys.rotate,
          act: () => void this.#make(async () => this.#tools.ask("rotateKey", { pbxId })),
        }),
      revoke: ({ pbxId, sha256 }: KeyRow) =>
        this.#tools.question({
          title: t.keys.revoke,
          text: t.keys.revokeWarning(pbxId),
          yes: t.keys.revoke,
          act: () => void this.#revoke(pbxId, sha256),
        }),
    };
    return viewTable({
      label: t.sections.keys,
      rows: value.rows,
      keyOf: ({ sha256 }) => sha256,
      columns: keyColumns(context, actions),
    });
  }

  #viewRevoked({ t }: ViewContext): TemplateResult | typeof nothing {
    const { value } = this.#revoked;
    if (value === undefined) return nothing;
    return html`<p class="done" role="status">${t.keys.revoked(value.revoked.join(", "), value.left)}</p>`;
  }

  async #add(event: SubmitEvent): Promise<void> {
    const request = readKeyForm(event);
    if (await this.#make(async () => this.#tools.ask("addKey", request))) this.#openForm(false);
  }

  async #make(ask: () => Promise<NewKey | RotatedKey>): Promise<boolean> {
    const isMade = await this.#made.load(ask);
    if (isMade) void this.#load();
    return isMade;
  }

  async #revoke(pbxId: string, sha256: string): Promise<void> {
    if (await this.#revoked.load(async () => this.#tools.ask("revokeKeys", { pbxId, sha256 }))) void this.#load();
  }

  #openForm(isOpen: boolean): void {
    this.#isFormOpen = isOpen;
    this.#tools.onChange();
  }

  /** The secret is nowhere else: not in the address, not in a store. */
  #hideSecret(): void {
    this.#made.value = undefined;
    this.#tools.onChange();
  }

  async #load(): Promise<void> {
    await this.#keys.load(async () => this.#tools.ask("keys", {}));
  }
}
