import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import type { PushResult } from "../../packages/client/src/call-client.ts";
import { callPush, createPhone, endPush, ringId, settled } from "../support/phone.ts";
import { OpenSocket, SilentSocket } from "./sockets.ts";

/**
 * What can happen to one call on a phone: its push by either channel, the user's choices, its end by a push, its end at
 * the service alone, and a second that passes.
 */
const actions = ["apns", "fcm", "answer", "decline", "hangUp", "cancelled", "answered", "over", "second"] as const;
type Action = (typeof actions)[number];

/** What the rules say about the call on this phone. */
interface Expected {
  stage: "unknown" | "rings" | "active" | "over";
  early?: "answer" | "decline";
  /** It asks the service every three seconds, and has rung and asked for so many. */
  asks: boolean;
  rung: number;
  asked: number;
  /** Whether the phone gets to its PBX, and for how many seconds it has tried for a call that is answered already. */
  readonly isConnected: boolean;
  talked: number;
  /** The service says that it is over. */
  isOver: boolean;
  /** The user's choices, as they are reported. */
  readonly reported: string[];
}

/** The rules, for a phone that can do everything that is due before the next action. */
function expectAfter(call: Expected, action: Action): void {
  const { stage } = call;
  switch (action) {
    case "apns":
    case "fcm":
      if (stage === "unknown") receive(call);
      if (action === "apns" && call.stage === "rings") call.asks = true;
      return;
    case "answer":
    case "decline":
      if (stage === "unknown") call.early = call.early === "decline" ? "decline" : action;
      if (stage === "rings") choose(call, action);
      return;
    case "hangUp":
      if (stage === "unknown") call.early = "decline";
      if (stage === "active") call.reported.push("ended");
      if (stage === "active") call.stage = "over";
      return;
    case "cancelled":
      call.stage = "over";
      return;
    case "answered":
      if (stage !== "active") call.stage = "over";
      return;
    case "over":
      call.isOver = true;
      return;
    case "second":
      if (stage === "active") talkOn(call);
      if (stage !== "rings") return;
      call.rung += 1;
      if (call.asks) call.asked += 1;
      if (call.rung === 30 || (call.asked > 0 && call.asked % 3 === 0 && call.isOver)) call.stage = "over";
  }
}

/** A call that was answered without the PBX is over when its ring time is. */
function talkOn(call: Expected): void {
  call.talked += 1;
  if (call.isConnected || call.rung + call.talked < 30) return;
  call.stage = "over";
  call.reported.push("ended");
}

function receive(call: Expected): void {
  call.stage = "rings";
  if (call.early !== undefined) return choose(call, call.early);
  // The answer to its first receipt.
  if (call.isOver) call.stage = "over";
}

function choose(call: Expected, choice: "answer" | "decline"): void {
  call.reported.push(choice === "answer" ? "answered" : "declined");
  call.stage = choice === "answer" && !call.isOver ? "active" : "over";
}

/** Lets all of that happen to a phone, and compares it with the rules after each action. */
async function live(Socket: typeof OpenSocket | typeof SilentSocket, life: readonly Action[]): Promise<void> {
  const phone = createPhone({ port: 0, WebSocket: Socket });
  const isConnected = Socket === OpenSocket;
  const counts = { rung: 0, asked: 0, talked: 0 };
  const call: Expected = { stage: "unknown", asks: false, ...counts, isConnected, isOver: false, reported: [] };
  phone.service.answer = async ({ callId }) =>
    call.isOver
      ? { callId, status: "ended", ringing: false, reason: "cancelled" }
      : { callId, status: "ready", ringing: true };
  for (const action of life) {
    const before = phone.told.length;
    const wasOver = call.stage === "over";
    expectAfter(call, action);
    const push = perform(phone, action);
    await settled();
    const now = JSON.stringify({ life, action, call });
    assert.equal(stageOf(phone, isConnected), seenAs(call, isConnected), now);
    // A push that still wakes the phone has not been handled yet.
    const result = await Promise.race([push, settled()]);
    if (result !== undefined) assert.equal(result, call.stage === "rings" ? "ringing" : call.stage, now);
    if (wasOver) assert.equal(phone.told.length, before, now);
  }
  assert.ok(phone.told.filter((line) => line.startsWith("incoming")).length <= 1);
  const choices = phone.receipts().filter((event) => event !== "received" && event !== "ready" && event !== "failed");
  assert.deepEqual(choices, call.reported);
  phone.client.disconnect();
}

async function perform(phone: ReturnType<typeof createPhone>, action: Action): Promise<PushResult | undefined> {
  const { client, clock } = phone;
  switch (action) {
    case "apns":
      return client.receivePush({ aps: {}, ...callPush() }, { channel: "apns" });
    case "fcm":
      return client.receivePush(callPush());
    case "cancelled":
      return client.receivePush(endPush("cancelled"));
    case "answered":
      return client.receivePush(endPush("answered_elsewhere"));
    case "over":
      return undefined;
    case "second":
      clock.advance(1_000);
      return undefined;
    default:
      await client[action](ringId);
      return undefined;
  }
}

function stageOf({ client }: ReturnType<typeof createPhone>, isConnected: boolean): string {
  const [call] = client.calls;
  if (call === undefined) return isConnected ? "not shown" : "not active";
  return call.state;
}

/** The app sees no call before the phone has its PBX, nor after the end. */
function seenAs({ stage }: Expected, isConnected: boolean): string {
  if (stage === "active") return "active";
  if (!isConnected) return "not active";
  return stage === "rings" ? "ringing" : "not shown";
}

function permute<Item>(items: readonly Item[]): Item[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) => permute(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

for (const [name, Socket] of [
  ["a phone that reaches its PBX at once", OpenSocket],
  ["a phone that does not reach its PBX", SilentSocket],
] as const) {
  describe(name, () => {
    it("shows a call once and obeys every choice and end, in every order", async () => {
      const sets: readonly (readonly Action[])[] = [
        ["apns", "fcm", "answer", "decline", "cancelled"],
        ["apns", "fcm", "answer", "hangUp", "answered"],
        ["apns", "fcm", "over", "decline", "second"],
      ];
      for (const life of sets.flatMap(permute)) await live(Socket, [...life, "second", "second", "second", "fcm"]);
    });

    it("does so in any life of a call", async () => {
      const action = fc.oneof(fc.constantFrom(...actions), fc.constant("second" as const));
      const life = fc.array(action, { maxLength: 60 });
      await fc.assert(
        fc.asyncProperty(life, async (one) => live(Socket, one)),
        { numRuns: 60 },
      );
    });

    it("shows it once, and nothing of it in the end, when everything happens at the same time", async () => {
      const together = ["apns", "fcm", "answer", "decline", "cancelled"] as const;
      for (const life of permute(together)) {
        const phone = createPhone({ port: 0, WebSocket: Socket });
        await Promise.all(life.map(async (action) => perform(phone, action)));
        assert.deepEqual(phone.client.calls, [], life.join());
        assert.ok(phone.told.filter((line) => line.startsWith("incoming")).length <= 1, life.join());
        assert.equal(await phone.client.receivePush(callPush()), "over", life.join());
        phone.client.disconnect();
      }
    });
  });
}
