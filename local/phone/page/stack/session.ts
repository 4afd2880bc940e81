import type { DemoUser } from "../../wire.ts";
import { readText, request } from "./request.ts";

/** Tokens of a signed-in user. */
interface Tokens {
  readonly idToken: string;
  readonly refreshToken: string;
  /** Milliseconds since the epoch. */
  readonly renewAt: number;
}

/** An ID token is valid for an hour; it is renewed this many milliseconds before its end. */
const renewEarlyMs = 5 * 60_000;

/** The Auth emulator accepts any key. */
const key = "key=demo";

/** One user's login with the REST API of Firebase Auth. Phones of the same user share it. */
export class Session {
  readonly user: DemoUser;
  readonly #authUrl: string;
  #tokens: Promise<Tokens> | undefined;

  constructor(authUrl: string, user: DemoUser) {
    this.#authUrl = authUrl;
    this.user = user;
  }

  /** An ID token that is valid for at least five minutes; signs in or renews as needed. */
  async getIdToken(): Promise<string> {
    const known = await this.#tokens;
    if (known !== undefined && Date.now() < known.renewAt) return known.idToken;
    this.#tokens = known === undefined ? this.#signIn() : this.#renew(known);
    try {
      return (await this.#tokens).idToken;
    } catch (error) {
      // The next call signs in again.
      this.#tokens = undefined;
      throw error;
    }
  }

  async #signIn(): Promise<Tokens> {
    const url = `${this.#authUrl}/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?${key}`;
    const { email, password } = this.user;
    const answer = await request("auth", url, { method: "POST", body: { email, password, returnSecureToken: true } });
    return readTokens(answer, { idToken: "idToken", refreshToken: "refreshToken", seconds: "expiresIn" });
  }

  async #renew({ refreshToken }: Tokens): Promise<Tokens> {
    const url = `${this.#authUrl}/securetoken.googleapis.com/v1/token?${key}`;
    const body = { grant_type: "refresh_token", refresh_token: refreshToken };
    const answer = await request("auth", url, { method: "POST", body });
    return readTokens(answer, { idToken: "id_token", refreshToken: "refresh_token", seconds: "expires_in" });
  }
}

/** The two APIs have different field names. */
function readTokens(answer: unknown, names: { idToken: string; refreshToken: string; seconds: string }): Tokens {
  return {
    idToken: readText("auth", answer, names.idToken),
    refreshToken: readText("auth", answer, names.refreshToken),
    renewAt: Date.now() + Number(readText("auth", answer, names.seconds)) * 1000 - renewEarlyMs,
  };
}
