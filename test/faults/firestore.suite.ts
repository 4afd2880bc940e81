import assert from "node:assert/strict";
import { until, type Setup } from "./setup.ts";
import type { Family, Scenario } from "./scenario.ts";

const reached = {
  record: "ended (cancelled): ended told",
  phone: "rings, stops (cancelled)",
};

/** Firestore fails and recovers after the PBX got its answer; then the PBX posts the call again. */
async function ringAgainAfterRecovery({ pbx, site }: Setup): Promise<void> {
  await pbx.wake();
  await site.firestore.recover();
  await pbx.wake();
  await pbx.end();
}

/** Locks the ring's document as another transaction would. */
async function holdRecord({ shared, ring }: Setup, forMs: number): Promise<void> {
  const { db } = shared.surroundings;
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
    act: ringAgainAfterRecovery,
    expect: { ...reached, pbx: "ERROR try_again, NOTIFIED 1, ENDED 1" },
  },
  {
    fault: "Firestore hangs before the call is recorded, then recovers",
    inject: ({ site }) => site.firestore.hang(),
    act: ringAgainAfterRecovery,
    expect: { ...reached, pbx: "ERROR try_again, NOTIFIED 1, ENDED 1" },
  },
  {
    fault: "Firestore hangs longer than the phone rings",
    ringSeconds: 5,
    inject: ({ site }) => site.firestore.hang(),
    act: async ({ pbx, site, ring }) => {
      await pbx.wake();
      await site.firestore.recover();
      await until(async () => (await ring()) !== undefined);
      await pbx.wake();
    },
    expect: { pbx: "ERROR try_again, ENDED", record: "ended (missed): –", phone: "nothing" },
  },
  {
    fault: "Firestore hangs after FCM accepted the push, then recovers",
    inject: ({ addFault }) => addFault({ status: 200, delay_ms: 500 }),
    act: async (setup) => {
      const { pbx, site, phones } = setup;
      const woken = pbx.wake();
      await until(() => phones[0].accepted().length > 0);
      site.firestore.hang();
      await woken;
      await ringAgainAfterRecovery(setup);
    },
    expect: { ...reached, pbx: "ERROR try_again, NOTIFIED 1, ENDED 1" },
  },
  {
    fault: "Firestore hangs at the end of the call, then recovers",
    act: async ({ pbx, site, phones }) => {
      await pbx.wake();
      site.firestore.hang();
      await pbx.end();
      await site.firestore.recover();
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
      pbx.answers.push(`HTTP ${status}`);
      await site.firestore.recover();
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
    inject: ({ site }) => site.firestore.onChunk(2, () => site.firestore.reset()),
    act: async ({ pbx }) => {
      await pbx.wake();
      await pbx.end();
    },
    expect: { ...reached, pbx: "NOTIFIED 1, ENDED 1" },
  },
  {
    fault: "another transaction locks the ring for three seconds at its end",
    act: async (setup) => {
      await setup.pbx.wake();
      await holdRecord(setup, 3000);
      await setup.pbx.end();
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

/** Faults of Firestore and of the connection to it. */
export const firestoreFamily: Family = { name: "Firestore", scenarios };
