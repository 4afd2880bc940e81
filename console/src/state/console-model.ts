import { consolePath } from "../../../functions/src/console/wire.ts";
import { openPage } from "../pages/open-page.ts";
import { askAt, AskError, type Ask } from "../service/ask.ts";
import { loadConfig, type ConsoleConfig } from "../service/config.ts";
import { Login } from "../service/login.ts";
import { findLanguage, rememberLanguage, type Language } from "../text/language.ts";
import type { Question } from "../view/confirm-view.ts";
import { LoginForm } from "./login-form.ts";
import type { ConsoleState } from "./console-state.ts";
import { parseRoute, type Route } from "./route.ts";

type ConnectedLogin = Pick<Login, "logIn" | "logOut" | "resetPassword" | "getIdToken">;

/** Reaches Firebase Auth. */
export type Connect = (config: ConsoleConfig, onLogin: (isIn: boolean) => void) => ConnectedLogin;

/** The console's state, and what the operator does to it. */
export class ConsoleModel {
  readonly loginForm: LoginForm;
  readonly #onChange: () => void;
  readonly #connect: Connect;
  /** Counts logins and logouts: an answer to a question of before is late. */
  #logins = 0;
  #login: ConnectedLogin | undefined;
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

  constructor(onChange: () => void, connect: Connect = (config, onLogin) => new Login(config, onLogin)) {
    this.#onChange = onChange;
    this.#connect = connect;
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

  /** Follows the address, loads the configuration and looks whether somebody is logged in. */
  async start(): Promise<void> {
    addEventListener("hashchange", () => this.#open(parseRoute(location.hash)));
    await this.#load();
  }

  async #load(): Promise<void> {
    try {
      const config = await loadConfig();
      this.#set({ config, error: undefined });
      this.#login = this.#connect(config, (isIn) => void this.#noteLogin(isIn));
    } catch (error) {
      this.#set({ error });
    }
  }

  async logOut(): Promise<void> {
    await this.#login?.logOut();
  }

  /** Asks the service again who is logged in. */
  async retry(): Promise<void> {
    if (this.#login === undefined) return this.#load();
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
    this.#logins += 1;
    this.#shut({ isIn, error: undefined });
    if (!isIn) return;
    const nth = this.#logins;
    try {
      const session = await this.#ask("session", {});
      if (nth !== this.#logins) return;
      this.#set({ session });
      this.#open(this.#state.route);
    } catch (error) {
      if (nth === this.#logins) this.#set({ error });
    }
  }

  readonly #ask: Ask = async (action, input) => {
    const nth = this.#logins;
    try {
      return await askAt(consolePath, async () => this.#login?.getIdToken())(action, input);
    } catch (error) {
      // What is said of an earlier login does not hold for this one.
      if (error instanceof AskError && nth === this.#logins) await this.#noteRefusal(error);
      throw error;
    }
  };

  /** The login has ended, or the right was taken: nothing is shown any more. */
  async #noteRefusal(error: AskError): Promise<void> {
    if (error.code === "permission-denied") this.#shut({ error });
    if (error.code !== "unauthenticated" || this.#state.isIn !== true) return;
    this.#set({ hasExpired: true });
    await this.logOut();
  }

  #shut(change: Partial<ConsoleState>): void {
    this.#state.page?.close();
    this.#set({ session: undefined, page: undefined, question: undefined, ...change });
  }

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
