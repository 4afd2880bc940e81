import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import * as fc from "fast-check";
import { z } from "zod";
import { buildRingId } from "../../functions/src/rings/ring.ts";
import * as schemas from "../../functions/src/phone/schemas.ts";
import { alice, bob, startFunctions, type CallableName } from "../support/functions.ts";
import { issueIdToken } from "../support/identity.ts";
import { addPhone, call } from "../support/line.ts";
import { buildBodies } from "./input/bodies.ts";
import { fromSchema, type Schema } from "./input/from-schema.ts";
import { fieldsOf, spoil, writeJson, type Field } from "./input/json.ts";
import { attack } from "./support/attack.ts";
import { Durations } from "./support/durations.ts";
import { closeConnections, isTooLong, readable, send, type Received, type Sent } from "./support/http.ts";
import { requireIntactProcess } from "./support/intact-process.ts";
import { secret, watchLog } from "./support/secrets.ts";

const functions = await startFunctions({ AUDIENCE_SHARDS: "4" });
after(async () => {
  closeConnections();
  await functions.close();
});
const log = watchLog(functions);
const timed: { readonly name: string; readonly slow: () => Promise<string> }[] = [];
await addPhone(functions, "phone-1");
await functions.pbx("PUT", "/lines/0701", { uid: alice.uid });
await functions.pbx("POST", "/calls", { ...call, exten: "0701", call_id: "1.1", ring_id: "1.1-a" });
const callId = buildRingId({ pbxId: "pbx-1", linkedId: "1.1" }, "0701", "1.1-a");

/** Every callable with its input's schema; the compiler reports a missing one. */
const inputs: Readonly<Record<CallableName, z.ZodType>> = {
  registerDevice: schemas.registerDeviceInput,
  unregisterDevice: schemas.unregisterDeviceInput,
  eraseMyData: z.object({}),
  reportCall: schemas.reportCallInput,
  getServerSettings: z.object({}),
  muteCampaigns: schemas.muteCampaignsInput,
};

const registration = fc.record({
  kind: fc.constantFrom("token", "fid"),
  value: fc
    .string({ unit: "grapheme-ascii", maxLength: 40 })
    .map((text) => `registered-${secret}-${text.replaceAll(" ", "_")}`),
});
const words = {
  deviceId: fc.oneof(fc.constantFrom("phone-1", "phone-2", "constructor", "__proto", "a.b", "toString"), fc.uuid()),
  callId: fc.oneof(fc.constantFrom(callId, callId, callId.toUpperCase(), "pbx-1~1.1", "constructor", "~"), fc.uuid()),
  registration,
  campaigns: fc.array(fc.constantFrom("pathDaily", "saveLocation", "constructor", "toString"), { maxLength: 4 }),
};

const people = fc.constantFrom(alice, alice, alice, bob, undefined);
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

/** A request with valid `data`, with spoilt `data`, or with a spoilt body. */
function buildCalls(schema: z.ZodType): fc.Arbitrary<Sent> {
  const input = fromSchema(z.toJSONSchema(schema, { io: "input" }) as Schema, words) as fc.Arbitrary<object>;
  const data = input.map(fieldsOf);
  const wrap = (fields: readonly Field[]): readonly Field[] => [{ name: "data", json: writeJson(fields) }];
  const bodies = buildBodies(fc.oneof(data.map(wrap), spoil(data).map(wrap), spoil(data).map(wrap)));
  const methods = fc.oneof(
    { arbitrary: fc.constant("POST"), weight: 30 },
    { arbitrary: fc.constantFrom("GET", "PUT", "OPTIONS", "DELETE", "HEAD"), weight: 1 },
  );
  const paths = fc.oneof(
    { arbitrary: fc.constant("/"), weight: 20 },
    { arbitrary: fc.constantFrom("/x", "/?a=b"), weight: 1 },
  );
  return fc.tuple(bodies, people, oddLogins, methods, paths).map(([body, person, odd, method, path]) => {
    const login = person && { authorization: `Bearer ${issueIdToken(functions.projectId, person)}` };
    const headers = { ...login, ...odd, ...body.headers };
    return readable({ method, path, headers, ...(method !== "GET" && method !== "HEAD" && { body: body.bytes }) });
  });
}

/** A woken phone's report, as the plain request to compare with. */
function plainReport(): Sent {
  const authorization = `Bearer ${issueIdToken(functions.projectId, alice)}`;
  const data = { callId, deviceId: "phone-1", event: "ready" };
  const headers = { authorization, "content-type": "application/json" };
  return { method: "POST", path: "/", headers, body: Buffer.from(JSON.stringify({ data })) };
}

const statuses: Readonly<Record<string, readonly number[]>> = {
  INVALID_ARGUMENT: [400],
  UNAUTHENTICATED: [401],
  PERMISSION_DENIED: [403],
};

const result = z.strictObject({ result: z.unknown() });
const failure = z.strictObject({
  error: z.strictObject({
    status: z.string(),
    message: z.string(),
    details: z
      .strictObject({ code: z.string(), issues: z.array(z.object({ path: z.string(), message: z.string() })) })
      .optional(),
  }),
});

/** https://firebase.google.com/docs/functions/callable-reference */
function requireProtocol(sent: Sent, answer: Received): void {
  if (answer.status === 431) return assert.ok(isTooLong(sent));
  if (sent.method === "OPTIONS" && answer.status === 204) return;
  if (sent.method === "HEAD") return assert.equal(answer.status, 400);
  assert.match(answer.type, /^application\/json/, `${answer.status} ${answer.text.slice(0, 300)}`);
  const body: unknown = JSON.parse(answer.text);
  if (answer.status === 200) return void result.parse(body);
  const { error } = failure.parse(body);
  assert.ok(statuses[error.status]?.includes(answer.status), `${answer.status} ${error.status}`);
}

describe("callables under hostile input", () => {
  it("cover every deployed callable", async () => {
    // Imported after the functions have started: it loads their logger.
    const { callableNames } = await import("../../functions/src/phone/callable.ts");
    assert.deepEqual(Object.keys(inputs).toSorted(), callableNames.toSorted());
  });

  for (const [name, schema] of Object.entries(inputs)) {
    it(`answers ${name} in the callables' protocol, whatever is sent`, async (test) => {
      const url = functions.urls[name as CallableName];
      const durations = new Durations();
      timed.push({ name, slow: async () => durations.requireBounded(async (sent) => send(url, sent)) });
      await attack(test, 1400, buildCalls(schema), async (sent) => {
        const answer = await send(url, sent);
        durations.hostile(sent, answer);
        if (durations.count % 25 === 1) durations.plain(await send(functions.urls.reportCall, plainReport()));
        if (!log.look().isOddPath) requireProtocol(sent, answer);
      });
    });
  }

  it("takes no disproportionately long time for a request", async (test) => {
    for (const { name, slow } of timed) test.diagnostic(`${name}: ${await slow()}`);
  });

  it("leave the process intact", () => {
    requireIntactProcess();
  });
});
