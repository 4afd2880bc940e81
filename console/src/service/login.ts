import { initializeApp } from "firebase/app";
import {
  browserSessionPersistence,
  connectAuthEmulator,
  initializeAuth,
  onAuthStateChanged,
  sendPasswordResetEmail,
  signInWithEmailAndPassword,
  signOut,
  type Auth,
} from "firebase/auth";
import type { ConsoleConfig } from "./config.ts";

/** Firebase Auth refused a login; `code` such as `auth/invalid-credential`. */
export class LoginError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** The operator's login. */
export class Login {
  readonly #auth: Auth;

  /** The login ends with the tab. `onChange` is called with whether a user is logged in: at first once that is known. */
  constructor({ local, ...firebase }: ConsoleConfig, onChange: (isIn: boolean) => void) {
    this.#auth = initializeAuth(initializeApp(firebase), { persistence: browserSessionPersistence });
    // The local stack's server passes requests on to the Auth emulator: the page may ask no other origin.
    if (local !== undefined) connectAuthEmulator(this.#auth, location.origin, { disableWarnings: true });
    onAuthStateChanged(this.#auth, (user) => onChange(user !== null));
  }

  /** Logs in; throws {@link LoginError}. */
  async logIn(email: string, password: string): Promise<void> {
    await translate(async () => signInWithEmailAndPassword(this.#auth, email, password));
  }

  async logOut(): Promise<void> {
    await signOut(this.#auth);
  }

  /** Has Firebase send an email with which the operator chooses a new password. */
  async resetPassword(email: string): Promise<void> {
    await translate(async () => sendPasswordResetEmail(this.#auth, email));
  }

  /** The ID token for a request; `undefined` if nobody is logged in. */
  async getIdToken(): Promise<string | undefined> {
    return this.#auth.currentUser?.getIdToken();
  }
}

async function translate(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Error && "code" in error) throw new LoginError(String(error.code));
    throw error;
  }
}
