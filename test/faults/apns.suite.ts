import assert from "node:assert/strict";
import { until, type Setup } from "./setup.ts";
import type { Family, Scenario } from "./scenario.ts";

/** A whole call whose caller hangs up. */
async function ringAndEnd({ pbx }: Setup): Promise<void> {
  await pbx.wake();
  await pbx.end();
}

const told = { pbx: "NOTIFIED 1, ENDED 1", record: "ended (cancelled): ended told" };
const byApns = { ...told, phone: "rings by APNs, stops (cancelled)" };
const byFcm = { ...told, phone: "rings by FCM, stops (cancelled)" };
const always = 99;

/** A second for APNs to answer, and half of one for FCM. */
const longestFallbackMs = 1500;

/** Asserts that FCM took the call in time, and which channel is on record. */
async function checkFallback({ phones, pbx, ring }: Setup): Promise<void> {
  const push = phones[0].accepted().find(({ channel }) => channel === "fcm");
  const waitedMs = Date.parse(push?.acceptedAt ?? "") - pbx.wokenAt;
  assert.ok(waitedMs <= longestFallbackMs, `FCM took the call after ${waitedMs} ms`);
  const recorded = (await ring())?.ring.phones[phones[0].deviceId];
  assert.equal(recorded?.channel ?? "fcm", "fcm");
}

/** An iPhone that FCM rings because of a fault of APNs; the instance has done something before, so that its start does not count. */
function fallsBack(fault: string, inject: (setup: Setup) => unknown): Scenario {
  return {
    fault,
    areIphones: true,
    inject: async (setup) => {
      await setup.request("POST", "/send", { fcm_token: "nobody-has-this", title: "a", body: "b" });
      await inject(setup);
    },
    act: ringAndEnd,
    expect: byFcm,
    check: checkFallback,
  };
}

const scenarios: readonly Scenario[] = [
  {
    fault: "no fault",
    areIphones: true,
    act: ringAndEnd,
    expect: byApns,
    check: async ({ ring, phones }) => {
      assert.equal((await ring())?.ring.phones[phones[0].deviceId]?.channel, "apns");
    },
  },
  fallsBack("APNs refuses connections", ({ site }) => site.apns.refuse()),
  fallsBack("APNs accepts connections and does not respond", ({ site }) => site.apns.hang()),
  {
    ...fallsBack("APNs stops responding on an open connection", async ({ dialplan, site }) => {
      // Another call before the fault opens the connection.
      await dialplan(site.instance.url).wake({ call_id: "earlier", ring_id: "earlier" });
      site.apns.hang();
    }),
    expect: { ...told, phone: "rings by APNs, rings by FCM, stops (cancelled)" },
  },
  fallsBack("APNs resets every connection", ({ addFault }) => addFault({ channel: "apns", drop: true, times: always })),
  fallsBack("APNs is unavailable", ({ addFault }) =>
    addFault({ channel: "apns", reason: "ServiceUnavailable", times: always }),
  ),
  fallsBack("APNs refuses our key", ({ addFault }) =>
    addFault({ channel: "apns", reason: "InvalidProviderToken", times: always }),
  ),
  fallsBack("Apple has lost the VoIP token", ({ addFault }) => addFault({ channel: "apns", reason: "Unregistered" })),
  {
    fault: "APNs takes the push and answers after three seconds",
    areIphones: true,
    inject: ({ addFault }) => addFault({ channel: "apns", status: 200, delay_ms: 3000 }),
    act: async ({ pbx, phones }) => {
      await pbx.wake();
      await until(() => phones[0].delivered().length === 2);
      await pbx.end();
    },
    expect: { ...told, phone: "rings by APNs, still rings by FCM, stops (cancelled)" },
    check: checkFallback,
  },
  {
    fault: "APNs finds the provider token expired",
    areIphones: true,
    inject: ({ addFault }) => addFault({ channel: "apns", reason: "ExpiredProviderToken" }),
    act: ringAndEnd,
    expect: byApns,
  },
  {
    fault: "APNs sends GOAWAY while the push is in flight",
    areIphones: true,
    inject: ({ addFault }) => addFault({ channel: "apns", goaway: true, delay_ms: 300 }),
    act: ringAndEnd,
    expect: byApns,
  },
  {
    fault: "FCM refuses connections, APNs works",
    areIphones: true,
    inject: ({ site }) => site.fcm.refuse(),
    act: async ({ pbx, phones, request, callId }) => {
      await pbx.wake();
      const { status } = await request("POST", `/calls/${callId}/end`, { dialstatus: "CANCEL" });
      assert.equal(status, 503);
      // The push of the end is missing: the phone learns it from its next report.
      assert.equal((await phones[0].reportRing("received")).status, "ended");
    },
    expect: {
      pbx: "NOTIFIED 1",
      record: "ended (cancelled): ended",
      phone: "rings by APNs",
    },
  },
  {
    fault: "APNs and FCM refuse connections",
    areIphones: true,
    inject: async ({ site }) => Promise.all([site.apns.refuse(), site.fcm.refuse()]),
    act: ringAndEnd,
    expect: { pbx: "NAK push_failed, ENDED 0", record: "ended (cancelled): failed ECONNREFUSED", phone: "nothing" },
  },
  {
    fault: "the caller hangs up while the VoIP push is on its way",
    areIphones: true,
    inject: ({ phones }) => phones[0].setState("offline"),
    act: async ({ pbx, phones }) => {
      await pbx.wake();
      await pbx.end();
      phones[0].setState("online");
      assert.equal((await phones[0].reportRing("received")).status, "ended");
    },
    expect: byApns,
  },
  {
    fault: "one iPhone of two has lost its VoIP token",
    areIphones: true,
    phones: 2,
    inject: ({ addFault, phones }) => addFault({ channel: "apns", reason: "Unregistered" }, phones[1]),
    act: ringAndEnd,
    expect: {
      pbx: "NOTIFIED 2, ENDED 2",
      record: "ended (cancelled): 2 × ended told",
      phone: "rings by APNs, stops (cancelled) / rings by FCM, stops (cancelled)",
    },
  },
];

/** Faults of APNs and of the connection to it: every iPhone here has a VoIP token and a registration at FCM. */
export const apnsFamily: Family = { name: "APNs", scenarios, atOnce: 2 };
