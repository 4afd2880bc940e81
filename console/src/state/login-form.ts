import type { LocalStack } from "../service/config.ts";

/** What the form does with what was typed. Both throw `LoginError`. */
export interface LoginActions {
  readonly logIn: (email: string, password: string) => Promise<void>;
  readonly resetPassword: (email: string) => Promise<void>;
  readonly onChange: () => void;
}

/** The state of the login's form. What is typed stays in its fields. */
export class LoginForm {
  error: unknown;
  isBusy = false;
  /** Whether an email for a new password was sent. */
  isSent = false;
  readonly #actions: LoginActions;

  constructor(actions: LoginActions) {
    this.#actions = actions;
  }

  async submit({ email = "", password = "" }: Readonly<Record<string, string>>): Promise<void> {
    await this.#attempt(async () => this.#actions.logIn(email, password));
  }

  /** Sends an email to the address that is typed in. */
  async resetPassword(): Promise<void> {
    const field = findField("email");
    if (field?.reportValidity() !== true) return;
    await this.#attempt(async () => {
      await this.#actions.resetPassword(field.value);
      this.isSent = true;
    });
  }

  /** Fills in the demo operator, and moves on to the button that logs in. */
  fillIn({ email, password }: LocalStack["operator"]): void {
    for (const [name, value] of Object.entries({ email, password })) {
      const field = findField(name);
      if (field !== undefined) field.value = value;
    }
    document.querySelector<HTMLElement>(".login button[type=submit]")?.focus();
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    Object.assign(this, { error: undefined, isBusy: true, isSent: false });
    this.#actions.onChange();
    try {
      await work();
    } catch (error) {
      this.error = error;
    }
    this.isBusy = false;
    this.#actions.onChange();
  }
}

function findField(name: string): HTMLInputElement | undefined {
  const field = document.querySelector(`.login input[name=${name}]`);
  return field instanceof HTMLInputElement ? field : undefined;
}
