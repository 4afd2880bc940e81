import type { TemplateResult } from "lit-html";
import type { Session } from "../../../functions/src/console/wire.ts";
import type { Ask } from "../service/ask.ts";
import type { Texts } from "../text/texts.ts";
import type { Question } from "../view/confirm-view.ts";
import type { ViewContext } from "../view/view-context.ts";

/** What a page is given to work with. */
export interface Tools {
  readonly ask: Ask;
  readonly session: Session;
  /** Draws the page anew, soon. */
  readonly onChange: () => void;
  /** Asks the operator, and acts if the answer is yes. */
  readonly question: (question: Question) => void;
}

/** A page of the console, from when it is opened until another is. */
export interface ConsolePage {
  /** Its heading, and the title of the browser's tab. */
  title(t: Texts): string;
  view(context: ViewContext): TemplateResult;
  /** Ends what goes on in the background. */
  close(): void;
}
