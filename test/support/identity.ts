import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { z } from "zod";

/** A user in Firebase Auth. */
export interface Person {
  readonly uid: string;
  readonly email: string;
  /** Default: true. */
  readonly emailVerified?: boolean;
  /** Default: false. */
  readonly disabled?: boolean;
  /** Whether the person has the operators' claim, in Firebase Auth and in ID tokens. */
  readonly operator?: boolean;
}

const lookup = z.object({ localId: z.array(z.string()).default([]), email: z.array(z.string()).default([]) });

/** What the Admin SDK changes: custom claims, and the time before which logins do not count, in seconds. */
const update = z.object({
  localId: z.string(),
  customAttributes: z.string().optional(),
  validSince: z.coerce.number().optional(),
});

/** What was changed of people, by uid. */
type Changes = Map<string, Omit<z.infer<typeof update>, "localId">>;

/**
 * Serves what the Admin SDK asks Identity Toolkit: `accounts:lookup`, `accounts:update` and `accounts:batchGet`. The official
 * Auth emulator takes ten seconds to start, so only the stack test uses it. A test may change `people` meanwhile.
 */
export async function startIdentityServer(people: readonly Person[]) {
  const changes: Changes = new Map();
  const server = createServer((request, response) => {
    void answer(request, people, changes).then((body) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(body));
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function answer(request: IncomingMessage, people: readonly Person[], changes: Changes): Promise<object> {
  const { pathname } = new URL(request.url ?? "", "http://localhost");
  const show = (person: Person) => describePerson(person, changes);
  if (pathname.endsWith("/accounts:batchGet")) return { users: people.map(show) };
  const body = await json(request);
  if (pathname.endsWith("/accounts:update")) {
    const { localId, ...change } = update.parse(body);
    changes.set(localId, { ...changes.get(localId), ...change });
    return { localId };
  }
  const { localId, email } = lookup.parse(body);
  const found = people.filter((person) => localId.includes(person.uid) || email.includes(person.email));
  return { users: found.map(show) };
}

function describePerson({ uid, email, emailVerified = true, disabled = false, operator }: Person, changes: Changes) {
  const customAttributes = JSON.stringify(operator === true ? { operator } : {});
  return { localId: uid, email, emailVerified, disabled, customAttributes, ...changes.get(uid) };
}

/**
 * An ID token as the Auth emulator issues it: unsigned, and valid only where that emulator is configured. It is valid for an
 * hour from `now`, in seconds since the epoch; `otherClaims` replace what it would say.
 */
export function issueIdToken(
  projectId: string,
  { uid, email, operator }: Person,
  now: number = Math.floor(Date.now() / 1000),
  otherClaims: object = {},
): string {
  const claims = {
    iss: `https://securetoken.google.com/${projectId}`,
    aud: projectId,
    sub: uid,
    user_id: uid,
    email,
    auth_time: now,
    iat: now,
    exp: now + 3600,
    ...(operator === true && { operator }),
    ...otherClaims,
  };
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  return `${encode({ alg: "none", typ: "JWT" })}.${encode(claims)}.`;
}
