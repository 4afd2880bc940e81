import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { answers, type Row } from "../../../functions/src/apns/answers.ts";
import type { ApnsTarget } from "../../../functions/src/apns/message.ts";
import type { ApnsRefusal } from "../../../functions/src/apns/sender.ts";
import { bulkBudget } from "../../../functions/src/fcm/bulk-budget.ts";
import { callBudget, sendBudget, type Budget } from "../../../functions/src/transport/budget.ts";
import type { Outcome } from "../../../functions/src/transport/outcome.ts";
import { createTestClock } from "../../support/clock.ts";
import type { Received } from "../../support/scripted-peer.ts";
import { refuse, startScriptedApns, withClient, type ScriptedApns } from "./scripted-apns.ts";

const target: ApnsTarget = { token: "a1".repeat(32), topic: "com.example.app.voip", environment: "production" };
const message = { payload: { type: "call" } };
const once: Budget = { ...sendBudget(), retryDelayMs: () => undefined };
const timestamp = Date.UTC(2026, 10, 1);
const justBeforeNewToken = Date.UTC(2026, 10, 2, 10, 34, 59);

let apns: ScriptedApns;
/** Without TLS: cheap enough for hundreds of connections. */
let plainApns: ScriptedApns;

before(async () => {
  [apns, plainApns] = await Promise.all([startScriptedApns(), startScriptedApns({ isPlain: true })]);
});
after(() => Promise.all([apns.close(), plainApns.close()]));
beforeEach(() => forget(apns));

function forget({ production, sandbox }: ScriptedApns): void {
  production.forget();
  sandbox.forget();
}

/** A request as `production 1 new`: its environment, its connection and its token. */
type Seen = `${"production" | "sandbox"} ${number} ${"old" | "new" | "newest"}`;

interface Result {
  readonly outcome: Outcome;
  readonly seen: readonly Seen[];
  readonly refusals: readonly ApnsRefusal[];
}

/**
 * Sends to servers that answer by `react`, over a connection that has accepted a push with the token of the half hour
 * before this one.
 */
async function sendTo(
  react: (received: Received, attempt: number) => void,
  budget = once,
  servers = apns,
): Promise<Result> {
  forget(servers);
  const clock = createTestClock(justBeforeNewToken);
  const refusals: ApnsRefusal[] = [];
  const onCredentialsRefused = (refusal: ApnsRefusal) => refusals.push(refusal);
  const requests: { environment: "production" | "sandbox"; received: Received }[] = [];
  return withClient(servers, { clock, random: () => 0, onCredentialsRefused }, async (client) => {
    await client.send(target, message, once);
    const [first] = servers.production.received;
    clock.advance(1000);
    for (const environment of ["production", "sandbox"] as const) {
      servers[environment].script((received) => react(received, requests.push({ environment, received })));
    }
    const outcome = await client.send(target, message, budget);
    const tokens = [...new Set([first, ...requests.map(({ received }) => received)].map(readToken))];
    const seen = requests.map(({ environment, received }): Seen => {
      const age = (["old", "new", "newest"] as const)[tokens.indexOf(readToken(received))];
      return `${environment} ${received.connection} ${age ?? assert.fail("more than three tokens")}`;
    });
    return { outcome, seen, refusals };
  });
}

function readToken(received: Received | undefined): string | undefined {
  return received?.headers.authorization;
}

const gone = (code: string): Outcome => ({ status: "unregistered", code, unregisteredAt: timestamp });
const unavailable = (code: string): Outcome => ({ status: "unavailable", code });
const plain: readonly Seen[] = ["production 1 new"];

interface Expected {
  readonly outcome: Outcome | { readonly status: "rejected"; readonly code: string };
  readonly seen: readonly Seen[];
  readonly isReported?: true;
}

const reject = (code: string): Expected => ({ outcome: { status: "rejected", code }, seen: plain });
const alarm = (code: string): Expected => ({ ...reject(code), isReported: true });

/** What a caller gets for each of APNs' documented answers, and what APNs gets from us. */
const expectations: Readonly<Record<string, Expected>> = {
  "410 Unregistered": { outcome: gone("Unregistered"), seen: plain },
  "410 ExpiredToken": { outcome: gone("ExpiredToken"), seen: plain },
  "400 BadDeviceToken": {
    outcome: { status: "unregistered", code: "BadDeviceToken" },
    seen: ["production 1 new", "sandbox 1 new"],
  },
  "400 DeviceTokenNotForTopic": reject("DeviceTokenNotForTopic"),
  "400 TopicDisallowed": reject("TopicDisallowed"),
  "400 BadTopic": reject("BadTopic"),
  "400 MissingTopic": reject("MissingTopic"),
  "400 InvalidPushType": reject("InvalidPushType"),
  "400 BadPriority": reject("BadPriority"),
  "400 BadExpirationDate": reject("BadExpirationDate"),
  "400 BadCollapseId": reject("BadCollapseId"),
  "400 BadMessageId": reject("BadMessageId"),
  "400 PayloadEmpty": reject("PayloadEmpty"),
  "400 DuplicateHeaders": reject("DuplicateHeaders"),
  "400 MissingDeviceToken": reject("MissingDeviceToken"),
  "404 BadPath": reject("BadPath"),
  "405 MethodNotAllowed": reject("MethodNotAllowed"),
  "413 PayloadTooLarge": reject("PayloadTooLarge"),
  "403 InvalidProviderToken": alarm("InvalidProviderToken"),
  "403 MissingProviderToken": alarm("MissingProviderToken"),
  "403 Forbidden": alarm("Forbidden"),
  "403 BadCertificate": alarm("BadCertificate"),
  "403 BadCertificateEnvironment": alarm("BadCertificateEnvironment"),
  "403 BadEnvironmentKeyIdInToken": alarm("BadEnvironmentKeyIdInToken"),
  "403 BadEnvironmentKeyInToken": alarm("BadEnvironmentKeyInToken"),
  "403 ExpiredProviderToken": {
    ...alarm("ExpiredProviderToken"),
    seen: ["production 1 new", "production 1 newest"],
  },
  "403 UnrelatedKeyIdInToken": { ...alarm("UnrelatedKeyIdInToken"), seen: ["production 1 new", "production 2 new"] },
  "400 IdleTimeout": { outcome: unavailable("IdleTimeout"), seen: ["production 1 new", "production 2 new"] },
  "503 Shutdown": { outcome: unavailable("Shutdown"), seen: ["production 1 new", "production 2 new"] },
  "429 TooManyRequests": { outcome: unavailable("TooManyRequests"), seen: plain },
  "429 TooManyProviderTokenUpdates": {
    outcome: unavailable("TooManyProviderTokenUpdates"),
    seen: ["production 1 new", "production 2 old"],
  },
  "500 InternalServerError": { outcome: unavailable("InternalServerError"), seen: plain },
  "503 ServiceUnavailable": { outcome: unavailable("ServiceUnavailable"), seen: plain },
};

/** Whether servers that give this answer to everything get what the table of expectations says. */
async function check(name: string, servers = apns): Promise<void> {
  const [status, reason = ""] = name.split(" ");
  const more = status === "410" ? { timestamp } : {};
  const answer = (received: Received) => refuse(received, Number(status), reason, more);
  const { outcome, seen, refusals } = await sendTo(answer, once, servers);
  const expected = expectations[name];
  const { message: text, ...rest } = { message: undefined, ...outcome };
  assert.deepEqual(rest, expected?.outcome);
  assert.equal(text !== undefined && text !== "", outcome.status === "rejected", "a rejection says what is wrong");
  assert.deepEqual(seen, expected?.seen);
  const codes = refusals.map(({ code, environment }) => `${code} in ${environment}`);
  assert.deepEqual(codes, expected?.isReported ? [`${reason} in production`] : []);
}

describe("APNs' answer", () => {
  for (const name of Object.keys(expectations)) it(`${name} has the documented meaning`, () => check(name));

  it("is one of those in the table, and each of them has an expectation", () => {
    assert.deepEqual(Object.keys(answers).toSorted(), Object.keys(expectations).toSorted());
  });

  it("fails its check when its row of the table is changed in any way", async () => {
    const table = answers as Record<string, Row>;
    for (const [name, row] of Object.entries(answers)) {
      for (const changed of changeRow(row)) {
        table[name] = changed;
        try {
          await assert.rejects(check(name, plainApns), assert.AssertionError, `${name} ${JSON.stringify(changed)}`);
        } finally {
          table[name] = row;
        }
      }
    }
  });
});

/** The row with every other meaning and every other remedy. */
function changeRow({ first, ...row }: Row): readonly Row[] {
  const meanings = ["unregistered", "rejected", "refused", "unavailable"] as const;
  const remedies = ["newToken", "olderToken", "newConnection", "otherEnvironment"] as const;
  const kept = { ...row, ...(first !== undefined && { first }) };
  return [
    ...meanings.filter((means) => means !== row.means).map((means) => ({ ...kept, means })),
    ...remedies.filter((other) => other !== first).map((other) => ({ ...row, first: other })),
    ...(first === undefined ? [] : [row]),
  ];
}

describe("an answer that can be remedied at once", () => {
  const remedied: readonly (readonly [string, Seen])[] = [
    ["403 ExpiredProviderToken", "production 1 newest"],
    ["403 UnrelatedKeyIdInToken", "production 2 new"],
    ["400 IdleTimeout", "production 2 new"],
    ["503 Shutdown", "production 2 new"],
    ["429 TooManyProviderTokenUpdates", "production 2 old"],
    ["400 BadDeviceToken", "sandbox 1 new"],
  ];
  for (const [name, second] of remedied) {
    it(`leads to accepted when the remedy helps, without a retry of the budget: ${name}`, async () => {
      const [status, reason = ""] = name.split(" ");
      const { outcome, seen, refusals } = await sendTo((received, attempt) => {
        if (attempt === 1) refuse(received, Number(status), reason);
        else received.accept();
      });
      assert.equal(outcome.status, "accepted");
      assert.equal("environment" in outcome && outcome.environment, second.startsWith("sandbox") && "sandbox");
      assert.deepEqual([seen, refusals], [["production 1 new", second], []]);
    });
  }

  it("can come after another one", async () => {
    const script = ["403 ExpiredProviderToken", "503 Shutdown", "400 BadDeviceToken"];
    const { outcome, seen } = await sendTo((received, attempt) => {
      const [status, reason = ""] = script[attempt - 1]?.split(" ") ?? [];
      if (status === undefined) received.accept();
      else refuse(received, Number(status), reason);
    });
    assert.deepEqual([outcome.status, "environment" in outcome && outcome.environment], ["accepted", "sandbox"]);
    const expected: Seen[] = ["production 1 new", "production 1 newest", "production 2 newest", "sandbox 1 newest"];
    assert.deepEqual(seen, expected);
  });
});

describe("a token of the other environment", () => {
  it("is not dead when only one environment refuses it: the other one answers something else", async () => {
    for (const [status, reason, result] of [
      [403, "BadEnvironmentKeyIdInToken", "rejected"],
      [400, "DeviceTokenNotForTopic", "rejected"],
      [503, "ServiceUnavailable", "unavailable"],
    ] as const) {
      const { outcome, seen } = await sendTo((received, attempt) => {
        if (attempt === 1) refuse(received, 400, "BadDeviceToken");
        else refuse(received, status, reason);
      });
      assert.deepEqual([outcome.status, "code" in outcome && outcome.code], [result, reason]);
      assert.deepEqual(seen, ["production 1 new", "sandbox 1 new"]);
    }
  });

  it("is tried there first when the budget has another try", async () => {
    const { outcome, seen } = await sendTo((received, attempt) => {
      if (attempt === 1) refuse(received, 400, "BadDeviceToken");
      else if (attempt === 2) refuse(received, 503, "ServiceUnavailable");
      else received.accept();
    }, sendBudget());
    assert.deepEqual([outcome.status, "environment" in outcome && outcome.environment], ["accepted", "sandbox"]);
    assert.deepEqual(seen, ["production 1 new", "sandbox 1 new", "sandbox 1 new"]);
  });

  it("is dead when that environment refuses it at last, and the first one is not asked again", async () => {
    const { outcome, seen } = await sendTo((received, attempt) => {
      if (attempt === 2) refuse(received, 503, "ServiceUnavailable");
      else refuse(received, 400, "BadDeviceToken");
    }, sendBudget());
    assert.deepEqual(outcome, { status: "unregistered", code: "BadDeviceToken" });
    assert.deepEqual(seen, ["production 1 new", "sandbox 1 new", "sandbox 1 new"]);
  });

  it("is not dead when there was no time to try it in the other environment", async () => {
    const clock = createTestClock();
    const ringEndsAt = clock.now() + 1000;
    const answer = (received: Received) => {
      clock.advance(1000);
      refuse(received, 400, "BadDeviceToken");
    };
    apns.production.script(answer);
    const outcome = await withClient(apns, { clock }, (client) => {
      return client.send(target, message, callBudget({ ringEndsAt }));
    });
    assert.deepEqual(outcome, { ...unavailable("BadDeviceToken"), environment: "sandbox" });
    assert.equal(apns.sandbox.received.length, 0);
  });
});

describe("an answer that Apple does not document", () => {
  const cases: readonly (readonly [number, string, Outcome])[] = [
    [400, '{"reason":"SomethingNew"}', { status: "rejected", code: "SomethingNew", message: "" }],
    [410, '{"reason":"SomethingNew","timestamp":1}', { status: "rejected", code: "SomethingNew", message: "" }],
    [400, '{"reason":"Unregistered"}', { status: "rejected", code: "Unregistered", message: "" }],
    [429, '{"reason":"SomethingNew"}', unavailable("SomethingNew")],
    [500, '{"reason":"BadDeviceToken"}', unavailable("BadDeviceToken")],
    [418, "{}", { status: "rejected", code: "http_418", message: "" }],
    [410, '{"reason":"<b>"}', { status: "rejected", code: "http_410", message: "" }],
    [400, '{"reason":7}', { status: "rejected", code: "http_400", message: "" }],
    [302, '{"reason":"SomethingNew"}', unavailable("SomethingNew")],
    [410, "", unavailable("http_410")],
    [403, "<html>", unavailable("http_403")],
    [503, "<html>", unavailable("http_503")],
    [410, '{"reason":"Unregistered","timestamp":"now"}', { status: "unregistered", code: "Unregistered" }],
  ];
  for (const [status, body, expected] of cases) {
    it(`is judged by its status: ${status} ${body}`, async () => {
      const { outcome } = await sendTo((received) => received.answer(status, body));
      assert.deepEqual(outcome, expected);
    });
  }

  it("is no acceptance when a 200 does not repeat the id", async () => {
    const { outcome } = await sendTo((received) => received.answer(200, "<html>"));
    assert.deepEqual(outcome, { ...unavailable("unreadable_answer"), mayBeDelivered: true });
  });

  it("may ask for a wait", async () => {
    const { outcome } = await sendTo((received) => received.answer(503, "{}", { "retry-after": "7" }));
    assert.deepEqual(outcome, { ...unavailable("http_503"), retryAfterMs: 7000 });
  });
});

describe("refused credentials", () => {
  it("are reported once for any number of pushes, and again after APNs has accepted some", async () => {
    const refusals: ApnsRefusal[] = [];
    const onCredentialsRefused = (refusal: ApnsRefusal) => refusals.push(refusal);
    await withClient(apns, { onCredentialsRefused }, async (client) => {
      const sendAll = () => Promise.all(Array.from({ length: 30 }, () => client.send(target, message, once)));
      apns.production.script((received) => refuse(received, 403, "InvalidProviderToken"));
      await sendAll();
      await sendAll();
      assert.deepEqual(refusals, [
        {
          code: "InvalidProviderToken",
          reason: "the key, its id or the team id is wrong",
          environment: "production",
        },
      ]);
      apns.production.script((received) => received.accept());
      await client.send(target, message, once);
      apns.production.script((received) => refuse(received, 403, "Forbidden"));
      await sendAll();
    });
    assert.deepEqual(
      refusals.map(({ code }) => code),
      ["InvalidProviderToken", "Forbidden"],
    );
  });

  it("of one environment do not hide those of the other, nor does one environment's acceptance clear the other", async () => {
    const refusals: ApnsRefusal[] = [];
    const onCredentialsRefused = (refusal: ApnsRefusal) => refusals.push(refusal);
    const inSandbox = { ...target, environment: "sandbox" } as const;
    await withClient(apns, { onCredentialsRefused }, async (client) => {
      apns.sandbox.script((received) => refuse(received, 403, "BadEnvironmentKeyIdInToken"));
      await client.send(inSandbox, message, once);
      await client.send(target, message, once);
      await client.send(inSandbox, message, once);
      assert.deepEqual(
        refusals.map(({ environment }) => environment),
        ["sandbox"],
      );
      apns.production.script((received) => refuse(received, 403, "BadEnvironmentKeyIdInToken"));
      await client.send(target, message, once);
    });
    assert.deepEqual(
      refusals.map(({ environment }) => environment),
      ["sandbox", "production"],
    );
  });

  it("are retried by a budget that outlasts a refusal", async () => {
    const { outcome, seen } = await sendTo((received, attempt) => {
      if (attempt === 1) refuse(received, 403, "Forbidden");
      else received.accept();
    }, bulkBudget());
    assert.deepEqual([outcome.status, seen.length], ["accepted", 2]);
  });
});
