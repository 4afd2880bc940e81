import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import * as fc from "fast-check";
import { z } from "zod";
import type { ActionDefinition } from "../../functions/src/console/action.ts";
import type { Action } from "../../functions/src/console/wire.ts";
import { askAs } from "../support/console.ts";
import { alice, bob, olga, startFunctions, type Person } from "../support/functions.ts";
import { issueIdToken } from "../support/identity.ts";
import { addPhone, call } from "../support/line.ts";
import { buildCallableRequests } from "./input/callable-requests.ts";
import { attack } from "./support/attack.ts";
import { requireCallableProtocol } from "./support/callable-protocol.ts";
import { Durations } from "./support/durations.ts";
import { closeConnections, send, type Sent } from "./support/http.ts";
import { requireIntactProcess } from "./support/intact-process.ts";
import { secret, watchLog } from "./support/secrets.ts";

// Many operators: one alone would soon hear nothing but that they ask too often.
const operators = Array.from({ length: 400 }, (_, nth): Person => {
  return { uid: `operator-${nth}`, email: `operator-${nth}@example.com`, operator: true };
});
/** Has the claim in the ID token, and has lost it since. */
const dismissed: Person = { uid: "dismissed", email: "dismissed@example.com", operator: true };
const people = [alice, bob, olga, { ...dismissed, operator: false }, ...operators];
const functions = await startFunctions({ AUDIENCE_SHARDS: "2" }, people);
after(async () => {
  closeConnections();
  await functions.close();
});
const log = watchLog(functions);
// Imported after the functions have started: it loads their logger.
const { actions } = await import("../../functions/src/console/actions.ts");

await functions.pbx("PUT", "/lines/0701", { uid: alice.uid });
await addPhone(functions, "phone-1");
await functions.pbx("POST", "/calls", { ...call, exten: "0701", call_id: "1.1", ring_id: "1.1-a" });
const ask = askAs(functions);
const [ring] = (await ask("calls")).rows;
const { cursor: tailCursor } = await ask("tail");
const { next: callsCursor = "" } = await ask("lines", { limit: 1 });

const forge = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
/** Each has the form of a cursor, and a value that no list has written. */
const forged = [
  { since: Number.MAX_SAFE_INTEGER, seen: [] },
  { since: 0, seen: Array.from({ length: 100 }, () => [ring!.callId, ""]) },
  ["😀".repeat(140)],
  ["a", 253_402_300_799, 999_999_999],
].map(forge);

const words = {
  pbxId: fc.constantFrom("pbx-1", "pbx-2", "__proto__", "constructor", "toString", "."),
  call: fc.oneof(fc.constantFrom(ring!.callId, "1.1", "pbx-1~1.1", "constructor", "~", ".."), fc.string()),
  cursor: fc.oneof(
    fc.constantFrom(tailCursor, callsCursor, "e30", "WyJhIiwwLDBd", secret, ...forged),
    fc.base64String(),
  ),
  user: fc.constantFrom(
    "alice",
    "😀".repeat(100),
    "@@",
    bob.email,
    "nobody@example.com",
    "__a__",
    "constructor",
    secret,
  ),
  uid: fc.constantFrom("alice", "bob", "constructor", "__proto__"),
  deviceId: fc.constantFrom("phone-1", "constructor", "..", `registered-${secret}`),
  runId: fc.constantFrom(`${"a".repeat(2000)}~b`, "pathDaily~2026-11-30T00:00:00.000Z", "a~b", "constructor"),
  pushId: fc.constantFrom("pbx-1~a", "~", "constructor", "__a__"),
  since: fc.constantFrom("2026-11-30T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "yesterday"),
  until: fc.constantFrom("2026-12-30T00:00:00+09:00", "9999-12-31T23:59:59-23:59", ""),
  timeZone: fc.constantFrom("Asia/Seoul", "UTC", "Nowhere/Town", "+09:00"),
};

const asking = fc.oneof(
  { arbitrary: fc.constantFrom(...operators), weight: 12 },
  { arbitrary: fc.constantFrom<(Person | undefined)[]>(alice, dismissed, undefined), weight: 3 },
);

/** A question of the console as its page sends it, of one action. */
function questionOf(name: string, { input }: ActionDefinition<Action>): z.ZodType {
  assert.ok(input instanceof z.ZodObject);
  return z.object({ ...input.shape, do: z.enum([name]) });
}

/** The plain question to compare with: of the same action, if it needs no input. */
function plainQuestion(name: string, { input }: ActionDefinition<Action>, nth: number): Sent {
  const asked = input.safeParse({}).success ? name : "session";
  const person = operators[nth % operators.length] ?? olga;
  const authorization = `Bearer ${issueIdToken(functions.projectId, person)}`;
  const headers = { authorization, "content-type": "application/json" };
  return { method: "POST", path: "/", headers, body: Buffer.from(JSON.stringify({ data: { do: asked } })) };
}

/** A request with an operator's token is all that may learn anything. */
function requireRight({ headers }: Sent, status: number): void {
  if (status !== 200) return;
  const [, payload = ""] = (headers["authorization"] ?? "").split(".");
  const { sub } = JSON.parse(Buffer.from(payload, "base64url").toString() || "{}");
  assert.ok(
    operators.some(({ uid }) => uid === sub),
    `answered ${sub}`,
  );
}

const timed: { readonly name: string; readonly slow: () => Promise<string> }[] = [];

describe("the console's callable under hostile input", () => {
  for (const [name, row] of Object.entries(actions)) {
    it(`answers ${name} in the callables' protocol, and only operators, whatever is sent`, async (test) => {
      const url = functions.urls.console;
      const durations = new Durations();
      timed.push({ name, slow: async () => durations.requireBounded(async (sent) => send(url, sent)) });
      const requests = buildCallableRequests(functions.projectId, questionOf(name, row), words, asking);
      await attack(test, 300, requests, async (sent) => {
        const answer = await send(url, sent);
        durations.hostile(sent, answer);
        if (durations.count % 25 === 1) durations.plain(await send(url, plainQuestion(name, row, durations.count)));
        if (log.look().isOddPath) return;
        requireCallableProtocol(sent, answer);
        requireRight(sent, answer.status);
      });
    });
  }

  it("takes no disproportionately long time for a request", async (test) => {
    for (const { name, slow } of timed) test.diagnostic(`${name}: ${await slow()}`);
  });

  it("records who changed what, and no secret", async () => {
    const records = (await functions.services.db.collection("audit").get()).docs.map((doc) => doc.data());
    assert.ok(records.every(({ who, from }) => from === "console" && /^operator-\d+$/.test(String(who))));
    assert.ok(!JSON.stringify(records).includes(secret));
  });

  it("leaves the process intact", () => {
    requireIntactProcess();
  });
});
