import * as fc from "fast-check";
import { z } from "zod";
import { issueIdToken, type Person } from "../../support/identity.ts";
import { readable, type Sent } from "../support/http.ts";
import { secret } from "../support/secrets.ts";
import { buildBodies } from "./bodies.ts";
import { fromSchema, type Schema, type Vocabulary } from "./from-schema.ts";
import { fieldsOf, spoil, writeJson, type Field } from "./json.ts";

const oddLogins = fc.oneof(
  { arbitrary: fc.constant<Record<string, string>>({}), weight: 12 },
  {
    arbitrary: fc.constantFrom<Record<string, string>>(
      { authorization: `Bearer ${secret}` },
      { authorization: `Bearer ${secret}.${secret}.` },
      { authorization: "Bearer e30.e30." },
      { authorization: `Basic ${secret}` },
      { "x-firebase-appcheck": secret },
      { "firebase-instance-id-token": secret },
      { origin: "http://evil.example", cookie: secret },
    ),
    weight: 1,
  },
);

const methods = fc.oneof(
  { arbitrary: fc.constant("POST"), weight: 30 },
  { arbitrary: fc.constantFrom("GET", "PUT", "OPTIONS", "DELETE", "HEAD"), weight: 1 },
);

const paths = fc.oneof(
  { arbitrary: fc.constant("/"), weight: 20 },
  { arbitrary: fc.constantFrom("/x", "/?a=b"), weight: 1 },
);

/** Requests to a callable with valid `data`, with spoilt `data`, or with a spoilt body; of these people, or of nobody. */
export function buildCallableRequests(
  projectId: string,
  schema: z.ZodType,
  words: Vocabulary,
  people: fc.Arbitrary<Person | undefined>,
): fc.Arbitrary<Sent> {
  const input = fromSchema(z.toJSONSchema(schema, { io: "input" }) as Schema, words) as fc.Arbitrary<object>;
  const data = input.map(fieldsOf);
  const wrap = (fields: readonly Field[]): readonly Field[] => [{ name: "data", json: writeJson(fields) }];
  const bodies = buildBodies(fc.oneof(data.map(wrap), spoil(data).map(wrap), spoil(data).map(wrap)));
  return fc.tuple(bodies, people, oddLogins, methods, paths).map(([body, person, odd, method, path]) => {
    const login = person && { authorization: `Bearer ${issueIdToken(projectId, person)}` };
    const headers = { ...login, ...odd, ...body.headers };
    return readable({ method, path, headers, ...(method !== "GET" && method !== "HEAD" && { body: body.bytes }) });
  });
}
