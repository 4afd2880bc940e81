import assert from "node:assert/strict";
import { until, type Bench } from "./bench.ts";
import type { Family, Scenario } from "./scenario.ts";

const reached = {
  record: "ended (cancelled): ended told",
  phone: "rings, stops (cancelled)",
};

/** Firestore is away, and back when the PBX has had its answer; the PBX posts the call again. */
async function ringAgainOnceMended({ pbx, site }: Bench): Promise<void> {
  await pbx.wake();
  await site.firestore.mend();
  await pbx.wake();
  await pbx.end();
}

/** Holds the ring's record as another transaction would. */
async function holdRecord({ world, ring }: Bench, forMs: number): Promise<void> {
  const { db } = world.surroundings;
  const { id } = (await ring()) ?? { id: "nothing" };
  const held = Promise.withResolvers<void>();
  const releaseAt = Date.now() + forMs;
  void db.runTransaction(async (transaction) => {
    await transaction.get(db.doc(`rings/${id}`));
    held.resolve();
    await until(() => Date.now() > releaseAt);
  });
  await held.promise;
}

const scenarios: readonly Scenario[] = [
  {
    fault: "Firestore refuses connections, then recovers",
    inject: ({ site }) => site.firestore.refuse(),
    act: ringAgainOnceMended,
    expect: { ...reached, pbx: "ERROR try_again, NOTIFIED 1, ENDED 1" },
  },
  {
    fault: "Firestore hangs before the call is recorded, then recovers",
    inject: ({ site }) => site.firestore.hang(),
    act: ringAgainOnceMended,
    expect: { ...reached, pbx: "ERROR try_again, NOTIFIED 1, ENDED 1" },
  },
  {
    fault: "Firestore hangs longer than the phone rings",
    ringSeconds: 5,
    inject: ({ site }) => site.firestore.hang(),
    act: async ({ pbx, site, ring }) => {
      await pbx.wake();
      await site.firestore.mend();
      await until(async () => (await ring()) !== undefined);
      await pbx.wake();
    },
    expect: { pbx: "ERROR try_again, ENDED", record: "ended (missed): –", phone: "nothing" },
  },
  {
    fault: "Firestore hangs after FCM accepted the push, then recovers",
    inject: ({ spoil }) => spoil({ status: 200, delay_ms: 500 }),
    act: async (bench) => {
      const { pbx, site, phones } = bench;
      const woken = pbx.wake();
      await until(() => phones[0].accepted().length > 0);
      site.firestore.hang();
      await woken;
      await ringAgainOnceMended(bench);
    },
    expect: { ...reached, pbx: "ERROR try_again, NOTIFIED 1, ENDED 1" },
  },
  {
    fault: "Firestore hangs at the end of the call, then recovers",
    act: async ({ pbx, site, phones }) => {
      await pbx.wake();
      site.firestore.hang();
      await pbx.end();
      await site.firestore.mend();
      await until(() => phones[0].accepted().length > 1);
      await pbx.end();
    },
    expect: { ...reached, pbx: "NOTIFIED 1, ERROR try_again, ENDED 0" },
  },
  {
    fault: "Firestore hangs while the PBX waits for a phone",
    act: async ({ pbx, site, request, callId }) => {
      await pbx.wake();
      site.firestore.hang();
      const { status } = await request("GET", `/calls/${callId}?wait_seconds=2`);
      pbx.heard.push(`HTTP ${status}`);
      await site.firestore.mend();
      await pbx.end();
    },
    expect: { ...reached, pbx: "NOTIFIED 1, HTTP 503, ENDED 1" },
  },
  {
    fault: "each Firestore request takes a quarter of a second longer",
    inject: ({ site }) => site.firestore.slow(125),
    act: async ({ pbx }) => {
      await pbx.wake();
      await pbx.end();
    },
    expect: { ...reached, pbx: "NOTIFIED 1, ENDED 1" },
  },
  {
    fault: "each Firestore request takes over a second, and the call ends meanwhile",
    inject: ({ site }) => site.firestore.slow(600),
    act: async ({ pbx, ring, startSite, dialplan }) => {
      const other = await startSite();
      const woken = pbx.wake();
      await until(async () => (await ring()) !== undefined);
      const handler = dialplan(other.instance.url);
      assert.equal(await handler.end(), "ENDED 0");
      pbx.endedAt = handler.endedAt;
      await woken;
    },
    expect: { pbx: "ENDED", record: "ended (cancelled): failed not_wanted", phone: "nothing" },
  },
  {
    fault: "connections to Firestore are reset during a request",
    inject: ({ site }) => site.firestore.onPiece(2, () => site.firestore.reset()),
    act: async ({ pbx }) => {
      await pbx.wake();
      await pbx.end();
    },
    expect: { ...reached, pbx: "NOTIFIED 1, ENDED 1" },
  },
  {
    fault: "another transaction locks the ring for three seconds at its end",
    act: async (bench) => {
      await bench.pbx.wake();
      await holdRecord(bench, 3000);
      await bench.pbx.end();
    },
    expect: { ...reached, pbx: "NOTIFIED 1, ENDED 1" },
  },
  {
    fault: "eight phones send two reports each at once",
    phones: 8,
    act: async ({ pbx, phones }) => {
      await pbx.wake();
      const events = ["received", "ready"] as const;
      await Promise.all(phones.flatMap((phone) => events.map(async (event) => phone.reportRing(event))));
      await pbx.end();
    },
    expect: {
      pbx: "NOTIFIED 8, ENDED 8",
      record: "ended (cancelled): 8 × ended told",
      phone: "8 × rings, stops (cancelled)",
    },
  },
];

/** Firestore and the way to it. */
export const firestoreFamily: Family = { name: "Firestore", scenarios };
