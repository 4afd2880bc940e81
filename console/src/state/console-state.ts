import type { Session } from "../../../functions/src/console/wire.ts";
import type { ConsoleConfig } from "../service/config.ts";
import type { Language } from "../text/language.ts";
import type { Question } from "../view/confirm-view.ts";
import type { ConsolePage } from "./page.ts";
import type { Route } from "./route.ts";

/** What the console shows. */
export interface ConsoleState {
  readonly language: Language;
  readonly config: ConsoleConfig | undefined;
  /** Whether a user is logged in; `undefined` until known. */
  readonly isIn: boolean | undefined;
  /** `undefined` until the service has answered that the user is an operator. */
  readonly session: Session | undefined;
  /** Why there is no configuration or no session. */
  readonly error: unknown;
  /** Whether the login was too long ago. */
  readonly hasExpired: boolean;
  readonly route: Route;
  readonly page: ConsolePage | undefined;
  readonly question: Question | undefined;
}
