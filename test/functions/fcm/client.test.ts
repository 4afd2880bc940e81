import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import type { AccessToken } from "../../../functions/src/fcm/access-token.ts";
import { bulkBudget } from "../../../functions/src/fcm/bulk-budget.ts";
import { createFcmClient, type FcmClientOptions } from "../../../functions/src/fcm/client.ts";
import { buildCallPush } from "../../../functions/src/messages/call-push.ts";
import { callBudget, sendBudget } from "../../../functions/src/transport/budget.ts";
import type { Outcome } from "../../../functions/src/transport/outcome.ts";
import { createTestClock, type TestClock } from "../../support/clock.ts";
import type { Received, ScriptedPeer } from "../../support/scripted-peer.ts";
import { errorBody, fcmError } from "./fcm-answers.ts";
import { startScriptedFcm } from "./scripted-fcm.ts";

const target = { kind: "token", value: `cX1yZ2:APA91b${"q".repeat(130)}` } as const;
const message = { data: { type: "silent" } };
const quick = { ...sendBudget(), retryDelayMs: () => undefined };

let fcm: ScriptedPeer;
let clock: TestClock;

/** A token that is valid for an hour. */
function issue(value: string): AccessToken {
  return { value, expiresAt: clock.now() + 3_600_000 };
}

/** Runs `use` with a client of the scripted server on the test's clock. */
async function withClient<T>(
  options: Partial<FcmClientOptions>,
  use: (client: ReturnType<typeof createFcmClient>) => Promise<T>,
): Promise<T> {
  const fetchToken = async () => issue("token-1");
  const client = createFcmClient({ projectId: "demo", origin: fcm.origin, ca: fcm.ca, clock, fetchToken, ...options });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** Answers the sends in turn; the last reaction repeats. */
function scriptInTurn(...reactions: ((received: Received) => void)[]): void {
  let turn = 0;
  fcm.script((received) => reactions[Math.min(turn++, reactions.length - 1)]?.(received));
}

const accept = (received: Received): void => received.accept();
const refuseToken = (received: Received): void => received.answer(401, errorBody(401, "UNAUTHENTICATED"));
const bearersOf = (): unknown[] => fcm.received.map(({ headers }) => headers.authorization);

before(async () => {
  fcm = await startScriptedFcm();
});
after(() => fcm.close());
beforeEach(() => {
  fcm.forget();
  clock = createTestClock();
});

describe("a send", () => {
  it("posts the message with its target to the project, as JSON and with the token", async () => {
    const outcome = await withClient({}, (client) => client.send(target, message, quick));
    assert.equal(outcome.status, "accepted");
    const [received] = fcm.received;
    assert.equal(received?.headers[":path"], "/v1/projects/demo/messages:send");
    assert.equal(received?.headers[":method"], "POST");
    assert.equal(received?.headers[":scheme"], "https");
    assert.equal(received?.headers["content-type"], "application/json");
    assert.equal(received?.headers.authorization, "Bearer token-1");
    assert.deepEqual(JSON.parse(received?.body ?? ""), { message: { token: target.value, ...message } });
  });

  it("is retried after a 502 with an HTML page", async () => {
    scriptInTurn((received) => received.answer(502, "<html>Bad Gateway", { "content-type": "text/html" }), accept);
    const outcome = await withClient({}, (client) => client.send(target, message, sendBudget()));
    assert.equal(outcome.status, "accepted");
    assert.equal(fcm.received.length, 2);
  });

  it("waits as long as FCM asks", async () => {
    const after3s = new Date(clock.now() + 3000).toUTCString();
    scriptInTurn((received) => received.answer(503, errorBody(503, "UNAVAILABLE"), { "retry-after": after3s }), accept);
    await withClient({ random: () => 0 }, (client) => client.send(target, message, sendBudget()));
    assert.deepEqual(clock.sleeps, [3000]);
  });

  it("is not retried when FCM refuses it, and does not count as unregistered", async () => {
    const text = `The token ${target.value} is not for you`;
    const body = errorBody(403, "PERMISSION_DENIED", [fcmError("SENDER_ID_MISMATCH")], text);
    fcm.script((received) => received.answer(403, body));
    const outcome = await withClient({}, (client) => client.send(target, message, sendBudget()));
    assert.deepEqual(outcome, {
      status: "rejected",
      code: "SENDER_ID_MISMATCH",
      message: "The token cX1yZ2:A… is not for you",
    });
    assert.equal(fcm.received.length, 1);
  });

  it("is not sent when FCM would refuse its form", async () => {
    const rejected = async (data: Record<string, string>) => {
      const outcome = await withClient({}, (client) => client.send(target, { data }, quick));
      return outcome.status === "rejected" ? outcome.code : outcome.status;
    };
    assert.equal(await rejected({ k: "가".repeat(1400) }), "payload_too_large");
    assert.equal(await rejected({ from: "x" }), "reserved_key");
    assert.deepEqual(fcm.received, []);
  });

  it("can be small enough for a phone and too large for a topic", async () => {
    const large = { data: { k: "x".repeat(3000) } };
    const [toPhone, toTopic] = await withClient({}, async (client) => [
      await client.send(target, large, quick),
      await client.send({ kind: "fcmTopic", value: "all" }, large, quick),
    ]);
    assert.equal(toPhone?.status, "accepted");
    assert.equal(toTopic?.status, "rejected");
  });
});

describe("a call push", () => {
  const ringMs = 30_000;
  const build = () =>
    buildCallPush({
      callId: "pbx-1~1.1",
      linkedId: "1.1",
      exten: "070",
      callerId: "010",
      callerName: "",
      callType: "voice",
      now: clock.now(),
      ringEndsAt: clock.now() + ringMs,
      alert: { title: "010", body: "call" },
    });

  it("is not sent after its ring time", async () => {
    const budget = callBudget({ ringEndsAt: clock.now() + ringMs });
    clock.advance(ringMs);
    const outcome = await withClient({}, (client) => client.send(target, build(), budget));
    assert.deepEqual(outcome, { status: "unavailable", code: "expired" });
    assert.deepEqual(fcm.received, []);
  });

  it("is not sent after its ring time because the access token was slow", async () => {
    const fetchToken = async () => {
      clock.advance(ringMs);
      return issue("late");
    };
    const budget = callBudget({ ringEndsAt: clock.now() + ringMs });
    const outcome = await withClient({ fetchToken }, (client) => client.send(target, build(), budget));
    assert.deepEqual(outcome, { status: "unavailable", code: "expired" });
    assert.deepEqual(fcm.received, []);
  });

  it("is not sent when it is not wanted any more because the access token was slow", async () => {
    let isWanted = true;
    const fetchToken = async () => {
      isWanted = false;
      return issue("late");
    };
    const budget = { ...callBudget({ ringEndsAt: clock.now() + ringMs }), isStillWanted: async () => isWanted };
    const outcome = await withClient({ fetchToken }, (client) => client.send(target, build(), budget));
    assert.deepEqual(outcome, { status: "unavailable", code: "not_wanted" });
    assert.deepEqual(fcm.received, []);
  });

  it("is not retried after its ring time because the first answer was slow", async () => {
    scriptInTurn((received) => {
      clock.advance(ringMs);
      received.answer(503, errorBody(503, "UNAVAILABLE"));
    }, accept);
    const budget = callBudget({ ringEndsAt: clock.now() + ringMs });
    const outcome = await withClient({}, (client) => client.send(target, build(), budget));
    assert.deepEqual(outcome, { status: "unavailable", code: "UNAVAILABLE" });
    assert.equal(fcm.received.length, 1);
  });

  it("has a TTL of the remaining ring time when it is retried", async () => {
    scriptInTurn((received) => {
      clock.advance(3500);
      received.answer(503, errorBody(503, "UNAVAILABLE"));
    }, accept);
    const budget = callBudget({ ringEndsAt: clock.now() + ringMs });
    await withClient({}, (client) => client.send(target, build(), budget));
    const ttls = fcm.received.map(({ body }) => JSON.parse(body).message.android.ttl);
    assert.deepEqual(ttls, ["30s", "26s"]);
  });
});

describe("the access token of a send", () => {
  it("is fetched anew, once, when FCM refuses it, and the send is retried", async () => {
    let issued = 0;
    scriptInTurn(refuseToken, accept);
    const outcome = await withClient({ fetchToken: async () => issue(`token-${++issued}`) }, (client) =>
      client.send(target, message, quick),
    );
    assert.equal(outcome.status, "accepted");
    assert.deepEqual(bearersOf(), ["Bearer token-1", "Bearer token-2"]);
  });

  it("leads to rejected when it is refused again", async () => {
    fcm.script(refuseToken);
    const outcome = await withClient({}, (client) => client.send(target, message, sendBudget()));
    assert.deepEqual(outcome, { status: "rejected", code: "UNAUTHENTICATED", message: "Sorry." });
    assert.equal(fcm.received.length, 2);
  });

  it("leads to rejected at once for a call, too, when it is refused again", async () => {
    fcm.script(refuseToken);
    const budget = callBudget({ ringEndsAt: clock.now() + 30_000 });
    const outcome = await withClient({}, (client) => client.send(target, message, budget));
    assert.deepEqual([outcome.status, outcome.status === "rejected" && outcome.code], ["rejected", "UNAUTHENTICATED"]);
    assert.deepEqual(clock.sleeps, []);
  });

  it("is retried with backoff by a mass push when it is refused again", async () => {
    scriptInTurn(refuseToken, refuseToken, refuseToken, accept);
    const outcome = await withClient({ random: () => 0 }, (client) => client.send(target, message, bulkBudget()));
    assert.equal(outcome.status, "accepted");
    assert.deepEqual(clock.sleeps, [10_000, 20_000]);
  });

  it("leads to unavailable for a mass push when it is refused for good, with a code that says credentials", async () => {
    fcm.script(refuseToken);
    const budget = bulkBudget({ expiresAt: clock.now() + 15_000 });
    const outcome = await withClient({}, (client) => client.send(target, message, budget));
    assert.deepEqual(outcome, { status: "unavailable", code: "UNAUTHENTICATED" });
  });

  it("is logged once when it is refused, for any number of messages, and again after FCM has accepted one", async () => {
    const refusals: unknown[] = [];
    const options = { onCredentialsRefused: (refusal: unknown) => refusals.push(refusal) };
    const items = Array.from({ length: 50 }, () => ({ target, message }));
    const budget = { ...bulkBudget(), retryDelayMs: () => undefined };
    await withClient(options, async (client) => {
      const sendAll = async () => Array.fromAsync(client.sendEach(items, budget));
      fcm.script(refuseToken);
      await sendAll();
      await sendAll();
      assert.deepEqual(refusals, [{ code: "UNAUTHENTICATED", reason: "Sorry." }]);
      fcm.script(accept);
      await client.send(target, message, quick);
      fcm.script(refuseToken);
      await sendAll();
    });
    assert.equal(refusals.length, 2);
  });

  it("is retried by a mass push when its account may not send: a role may have just been granted", async () => {
    const refuse = (received: Received) => received.answer(403, errorBody(403, "PERMISSION_DENIED"));
    scriptInTurn(refuse, refuse, accept);
    const refusals: unknown[] = [];
    const options = { random: () => 0, onCredentialsRefused: (refusal: unknown) => refusals.push(refusal) };
    const outcome = await withClient(options, (client) => client.send(target, message, bulkBudget()));
    assert.deepEqual([outcome.status, clock.sleeps], ["accepted", [10_000, 20_000]]);
    assert.deepEqual(refusals, [{ code: "PERMISSION_DENIED", reason: "Sorry." }]);
  });

  it("is kept when a registration is another sender's", async () => {
    const body = errorBody(403, "PERMISSION_DENIED", [fcmError("SENDER_ID_MISMATCH")]);
    fcm.script((received) => received.answer(403, body));
    const outcome = await withClient({}, (client) => client.send(target, message, bulkBudget()));
    assert.equal(outcome.status, "rejected");
  });

  it("is kept when FCM's key for APNs is refused, and a mass push does not retry that", async () => {
    const body = errorBody(401, "UNAUTHENTICATED", [fcmError("THIRD_PARTY_AUTH_ERROR")]);
    fcm.script((received) => received.answer(401, body));
    const refusals: unknown[] = [];
    const onCredentialsRefused = (refusal: unknown) => refusals.push(refusal);
    const outcome = await withClient({ onCredentialsRefused }, (client) => client.send(target, message, bulkBudget()));
    assert.deepEqual([outcome.status, refusals], ["rejected", []]);
  });

  it("is kept when FCM's own key for APNs is invalid", async () => {
    const body = errorBody(401, "UNAUTHENTICATED", [fcmError("THIRD_PARTY_AUTH_ERROR")]);
    fcm.script((received) => received.answer(401, body));
    const outcome = await withClient({}, (client) => client.send(target, message, sendBudget()));
    assert.deepEqual(outcome, { status: "rejected", code: "THIRD_PARTY_AUTH_ERROR", message: "Sorry." });
    assert.equal(fcm.received.length, 1);
  });

  it("leads to unavailable when it cannot be fetched, and the reason is logged", async () => {
    const reasons: unknown[] = [];
    const error = new Error("no credentials");
    const fetchToken = () => Promise.reject(error);
    const outcome = await withClient({ fetchToken, onTokenError: (reason) => reasons.push(reason) }, (client) =>
      client.send(target, message, sendBudget()),
    );
    assert.deepEqual(outcome, { status: "unavailable", code: "oauth_unavailable" });
    assert.deepEqual(reasons, [error, error]);
  });

  it("costs no more than the send's time when it never comes", async () => {
    const { promise, resolve } = Promise.withResolvers<AccessToken>();
    const outcome = await withClient({ fetchToken: () => promise }, (client) =>
      client.send(target, message, { ...quick, attemptTimeoutMs: 10 }),
    );
    assert.deepEqual(outcome, { status: "unavailable", code: "oauth_unavailable" });
    resolve(issue("late"));
  });
});

describe("sending a sweep", () => {
  it("retries only the failed messages, by the rules for mass pushes", async () => {
    const failing = new Set(["t3", "t7"]);
    fcm.script((received) => {
      const { token } = JSON.parse(received.body).message;
      if (failing.delete(token))
        received.answer(429, errorBody(429, "RESOURCE_EXHAUSTED", [fcmError("QUOTA_EXCEEDED")]));
      else received.accept();
    });
    const items = Array.from({ length: 300 }, (_, n) => ({ target: { ...target, value: `t${n}` }, message, n }));
    const accepted = await withClient({ random: () => 0 }, async (client) => {
      const seen: number[] = [];
      for await (const { item, outcome } of client.sendEach(items, bulkBudget()))
        if (isAccepted(outcome)) seen.push(item.n);
      return seen;
    });
    assert.deepEqual(
      accepted.toSorted((a, b) => a - b),
      items.map(({ n }) => n),
    );
    assert.equal(fcm.received.length, 302);
    assert.deepEqual(clock.sleeps, [60_000, 60_000]);
  });
});

function isAccepted(outcome: Outcome): boolean {
  return outcome.status === "accepted";
}

describe("a send whose answer is lost", () => {
  const unavailable = (received: Received): void => received.answer(503, errorBody(503, "UNAVAILABLE"));
  const lost: readonly (readonly [string, ...((received: Received) => void)[]])[] = [
    ["each stream is reset", (received) => received.reset()],
    ["the stream is reset, and FCM refuses the next try", (received) => received.reset(), unavailable],
    ["the answer is too long", (received) => received.answer(200, "x".repeat(100_000))],
    [
      "the kept connection is dropped, the access token refused, and FCM refuses the next try",
      (received) => received.dropConnection(),
      refuseToken,
      unavailable,
    ],
  ];
  for (const [how, ...reactions] of lost) {
    it(`may have been delivered: ${how}`, async () => {
      let issued = 0;
      const fetchToken = async () => issue(`token-${(issued += 1)}`);
      const outcome = await withClient({ fetchToken }, async (client) => {
        await client.send(target, message, quick);
        scriptInTurn(...reactions);
        return client.send(target, message, {
          ...quick,
          retryDelayMs: (_, retries) => (retries === 0 ? 0 : undefined),
        });
      });
      assert.deepEqual({ ...outcome, code: "" }, { status: "unavailable", code: "", mayBeDelivered: true });
    });
  }

  it("was not delivered when FCM cannot be reached", async () => {
    const outcome = await withClient({ origin: "https://127.0.0.1:1" }, (client) =>
      client.send(target, message, quick),
    );
    assert.deepEqual(outcome, { status: "unavailable", code: "ECONNREFUSED" });
  });
});
