import { consolePath, type Session } from "../../../functions/src/console/wire.ts";
import { openPage } from "../pages/open-page.ts";
import { askAt, AskError, type Ask } from "../service/ask.ts";
import { loadConfig, type ConsoleConfig } from "../service/config.ts";
import { Login } from "../service/login.ts";
import { findLanguage, rememberLanguage, type Language } from "../text/language.ts";
import type { Question } from "../view/confirm-view.ts";
import { LoginForm } from "./login-form.ts";
import type { ConsolePage } from "./page.ts";
import { parseRoute, type Route } from "./route.ts";

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

/** The console's state, and what the operator does to it. */
export class ConsoleModel {
  readonly loginForm: LoginForm;
  readonly #onChange: () => void;
  #login: Login | undefined;
  #state: ConsoleState = {
    language: findLanguage(),
    config: undefined,
    isIn: undefined,
    session: undefined,
    error: undefined,
    hasExpired: false,
    route: parseRoute(location.hash),
    page: undefined,
    question: undefined,
  };

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.loginForm = new LoginForm({
      logIn: async (email, password) => {
        await this.#login?.logIn(email, password);
        this.#set({ hasExpired: false });
      },
      resetPassword: async (email) => this.#login?.resetPassword(email),
      onChange,
    });
  }

  get state(): ConsoleState {
    return this.#state;
  }

  /** Loads the configuration and looks whether somebody is logged in. */
  async start(): Promise<void> {
    addEventListener("hashchange", () => this.#open(parseRoute(location.hash)));
    try {
      const config = await loadConfig();
      this.#set({ config, error: undefined });
      this.#login = new Login(config, (isIn) => void this.#noteLogin(isIn));
    } catch (error) {
      this.#set({ error });
    }
  }

  async logOut(): Promise<void> {
    await this.#login?.logOut();
  }

  /** Asks the service again who is logged in. */
  async retry(): Promise<void> {
    if (this.#login === undefined) return this.start();
    await this.#noteLogin(true);
  }

  switchLanguage(language: Language): void {
    rememberLanguage(language);
    this.#set({ language });
  }

  closeQuestion(): void {
    this.#set({ question: undefined });
  }

  /** The session comes first: a stranger sees nothing of the console. */
  async #noteLogin(isIn: boolean): Promise<void> {
    this.#state.page?.close();
    this.#set({ isIn, session: undefined, page: undefined, question: undefined, error: undefined });
    if (!isIn) return;
    try {
      const session = await this.#ask("session", {});
      this.#set({ session });
      this.#open(this.#state.route);
    } catch (error) {
      this.#set({ error });
    }
  }

  readonly #ask: Ask = async (deed, input) => {
    try {
      return await askAt(consolePath, async () => this.#login?.getIdToken())(deed, input);
    } catch (error) {
      if (error instanceof AskError && error.code === "unauthenticated" && this.#state.isIn === true) {
        this.#set({ hasExpired: true });
        await this.logOut();
      }
      throw error;
    }
  };

  #open(route: Route): void {
    this.#state.page?.close();
    this.#set({ route, page: undefined, question: undefined });
    const { session } = this.#state;
    if (session === undefined) return;
    const question = (asked: Question) => this.#set({ question: asked });
    const page = openPage({ ask: this.#ask, session, onChange: this.#onChange, question }, route);
    this.#set({ page });
  }

  #set(change: Partial<ConsoleState>): void {
    this.#state = { ...this.#state, ...change };
    this.#onChange();
  }
}
