import { html, nothing, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import type { ViewContext } from "./view-context.ts";

/** A question before a change that cannot be undone. */
export interface Question {
  readonly title: string;
  readonly text: string;
  /** The button that does it. */
  readonly yes: string;
  readonly act: () => void;
}

/** The question as a dialog, which has the focus until it is answered. */
export function viewQuestion(
  { t }: ViewContext,
  question: Question | undefined,
  close: () => void,
): TemplateResult | typeof nothing {
  if (question === undefined) return nothing;
  const { title, text, yes, act } = question;
  const confirm = (event: Event) => {
    shut(event);
    act();
  };
  return html`<dialog ${ref(open)} aria-labelledby="question" @close=${close}>
    <h2 id="question">${title}</h2>
    <p>${text}</p>
    <div class="actions">
      <button type="button" class="button" @click=${shut}>${t.cancel}</button>
      <button type="button" class="button danger" @click=${confirm}>${yes}</button>
    </div>
  </dialog>`;
}

/** Closing gives the focus back to where it was; the event of it removes the dialog. */
function shut({ currentTarget }: Event): void {
  if (currentTarget instanceof Element) currentTarget.closest("dialog")?.close();
}

function open(element: Element | undefined): void {
  if (element instanceof HTMLDialogElement && !element.open) queueMicrotask(() => element.showModal());
}
