import { once } from "node:events";
import { createServer } from "node:http";
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
}

const lookup = z.object({ localId: z.array(z.string()).default([]), email: z.array(z.string()).default([]) });

/**
 * Serves Identity Toolkit's `accounts:lookup`, the only request that the Admin SDK sends. The official Auth emulator takes
 * ten seconds to start, so only the stack test uses it. A test may change `people` meanwhile.
 */
export async function startIdentityServer(people: readonly Person[]) {
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      const { localId, email } = lookup.parse(body);
      const users = people.filter((person) => localId.includes(person.uid) || email.includes(person.email));
      response.setHeader("content-type", "application/json");
      const found = users.map(({ uid, email: mail, emailVerified = true, disabled = false }) => {
        return { localId: uid, email: mail, emailVerified, disabled };
      });
      response.end(JSON.stringify({ users: found }));
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

/**
 * An ID token as the Auth emulator issues it: unsigned, and valid only where that emulator is configured. It is valid for an
 * hour from `now`, in seconds since the epoch.
 */
export function issueIdToken(
  projectId: string,
  { uid, email }: Person,
  now: number = Math.floor(Date.now() / 1000),
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
  };
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  return `${encode({ alg: "none", typ: "JWT" })}.${encode(claims)}.`;
}
