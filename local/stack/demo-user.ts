import { demo, functionsUrl } from "./demo.ts";
import { post } from "./demo-data.ts";
import { host, ports } from "./ports.ts";

/** Calls a callable as the demo user; throws on an error answer. */
export type Callable = (name: string, data: unknown) => Promise<unknown>;

/** Logs a user in at the Auth emulator, the demo user if none is named. */
export async function logIn(user: { readonly email: string; readonly password: string } = demo): Promise<Callable> {
  const url = `http://${host}:${ports.auth}/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=demo`;
  const { email, password } = user;
  const idToken = readField(await post(url, undefined, { email, password, returnSecureToken: true }), "idToken");
  return async (name, data) => readField(await post(`${functionsUrl}/${name}`, String(idToken), { data }), "result");
}

/** A field of an answer; throws if it is missing. */
export function readField(answer: unknown, name: string): unknown {
  const fields = new Map(Object.entries(Object(answer)));
  if (!fields.has(name)) throw new Error(`The answer has no ${name}: ${JSON.stringify(answer)}`);
  return fields.get(name);
}
