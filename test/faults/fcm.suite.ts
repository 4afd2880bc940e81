import assert from "node:assert/strict";
import { until, type Setup } from "./setup.ts";
import type { Family, Scenario } from "./scenario.ts";

/** A whole call whose caller hangs up. */
async function ringAndEnd({ pbx }: Setup): Promise<void> {
  await pbx.wake();
  await pbx.end();
}

/** The outcome of a call whose only phone failed with this code. */
const unreached = (code: string) => ({
  pbx: "NAK push_failed, ENDED 0",
  record: `ended (cancelled): failed ${code}`,
  phone: "nothing",
});

const reached = {
  pbx: "NOTIFIED 1, ENDED 1",
  record: "ended (cancelled): ended told",
  phone: "rings, stops (cancelled)",
};

const html = "<html><body><h1>502 Bad Gateway</h1></body></html>";
const always = 99;

const scenarios: readonly Scenario[] = [
  {
    fault: "no fault",
    act: ringAndEnd,
    expect: reached,
  },
  {
    fault: "FCM refuses connections",
    inject: ({ site }) => site.fcm.refuse(),
    act: ringAndEnd,
    expect: unreached("ECONNREFUSED"),
  },
  {
    fault: "FCM accepts connections and does not respond",
    inject: ({ site }) => site.fcm.hang(),
    act: ringAndEnd,
    expect: unreached("UND_ERR_CONNECT_TIMEOUT"),
  },
  {
    fault: "FCM stops responding on an open connection",
    inject: async ({ site, request }) => {
      await request("POST", "/send", { fcm_token: "nobody-has-this", title: "a", body: "b" });
      site.fcm.hang();
    },
    act: async ({ pbx }) => pbx.wake(),
    expect: { pbx: "NAK push_failed", record: "failed: failed UND_ERR_CONNECT_TIMEOUT", phone: "nothing" },
  },
  {
    fault: "FCM responds after three seconds",
    inject: ({ addFault }) => addFault({ status: 200, delay_ms: 3000 }),
    act: ringAndEnd,
    expect: reached,
  },
  {
    fault: "FCM resets the connection once",
    inject: ({ addFault }) => addFault({ drop: true }),
    act: ringAndEnd,
    expect: reached,
  },
  {
    fault: "FCM resets every connection",
    inject: ({ addFault }) => addFault({ drop: true, times: always }),
    act: ringAndEnd,
    // The push may have arrived, so the end has to be told, too; FCM accepts neither.
    expect: {
      ...unreached("connection_lost"),
      pbx: "NAK push_failed, ERROR try_again",
      record: "ended (cancelled): ended connection_lost",
    },
  },
  {
    fault: "FCM is out of quota, Retry-After a minute",
    inject: ({ addFault }) => addFault({ error_code: "QUOTA_EXCEEDED", retry_after: 60, times: always }),
    act: ringAndEnd,
    expect: unreached("QUOTA_EXCEEDED"),
  },
  {
    fault: "FCM is out of quota, Retry-After two seconds",
    inject: ({ addFault }) => addFault({ error_code: "QUOTA_EXCEEDED", retry_after: 2 }),
    act: ringAndEnd,
    expect: reached,
    check: ({ phones, pbx }) => {
      const waitedMs = Date.parse(phones[0].accepted()[0]?.acceptedAt ?? "") - pbx.wokenAt;
      assert.ok(waitedMs >= 2000, `tried again after ${waitedMs} ms`);
    },
  },
  {
    fault: "a proxy answers 502 with HTML once",
    inject: ({ addFault }) => addFault({ status: 502, body: html, content_type: "text/html" }),
    act: ringAndEnd,
    expect: reached,
  },
  {
    fault: "a proxy always answers 502 with HTML",
    inject: ({ addFault }) => addFault({ status: 502, body: html, content_type: "text/html", times: always }),
    act: ringAndEnd,
    expect: unreached("http_502"),
  },
  {
    fault: "FCM sends GOAWAY while pushes are in flight",
    phones: 2,
    inject: ({ addFault }) => addFault({ goaway: true, delay_ms: 300 }),
    act: ringAndEnd,
    expect: {
      pbx: "NOTIFIED 2, ENDED 2",
      record: "ended (cancelled): 2 × ended told",
      phone: "2 × rings, stops (cancelled)",
    },
  },
  {
    fault: "FCM sends GOAWAY and drops the connection",
    inject: ({ addFault }) => addFault({ goaway: true, drop: true }),
    act: ringAndEnd,
    expect: reached,
  },
  {
    fault: "DNS does not resolve FCM's name",
    site: { fcmHost: "fcm.invalid:443" },
    act: ringAndEnd,
    expect: unreached("ENOTFOUND"),
  },
  {
    fault: "the metadata server issues no access token",
    // Set at the start, because an instance requests its token with its first request.
    site: { hasTokens: false },
    act: ringAndEnd,
    expect: unreached("oauth_unavailable"),
  },
  {
    fault: "FCM refuses the access token once",
    inject: ({ addFault }) => addFault({ error_code: "UNAUTHENTICATED" }),
    act: ringAndEnd,
    expect: reached,
    check: ({ site }) => assert.equal(site.metadata.issued, 2),
  },
  {
    fault: "FCM fails for one phone of three",
    phones: 3,
    inject: ({ addFault, phones }) => addFault({ error_code: "UNAVAILABLE", times: always }, phones[1]),
    act: ringAndEnd,
    expect: {
      pbx: "NOTIFIED 2, ENDED 2",
      record: "ended (cancelled): ended told / failed UNAVAILABLE / ended told",
      phone: "rings, stops (cancelled) / nothing / rings, stops (cancelled)",
    },
  },
  {
    fault: "the caller hangs up while FCM is slow to fail",
    inject: ({ addFault }) => addFault({ error_code: "UNAVAILABLE", delay_ms: 1500 }),
    act: async ({ pbx, dialplan, ring, site }) => {
      const woken = pbx.wake();
      await until(async () => (await ring()) !== undefined);
      const handler = dialplan(site.instance.url);
      await handler.end();
      pbx.endedAt = handler.endedAt;
      await woken;
    },
    // The end does not wait for FCM's answer, which may be that the phone has the push.
    expect: { pbx: "ENDED", record: "ended (cancelled): ended not_wanted told", phone: "stops (cancelled)" },
  },
  {
    fault: "FCM is unavailable at the end of the call, and the PBX repeats the end",
    act: async ({ pbx, addFault }) => {
      await pbx.wake();
      addFault({ error_code: "UNAVAILABLE", times: 2 });
      await pbx.end();
    },
    expect: { ...reached, pbx: "NOTIFIED 1, ERROR try_again, ENDED 1" },
  },
  {
    fault: "FCM is unavailable, and its Retry-After exceeds the ring time",
    ringSeconds: 5,
    inject: ({ addFault }) => addFault({ error_code: "UNAVAILABLE", retry_after: 5 }),
    act: ringAndEnd,
    expect: unreached("UNAVAILABLE"),
  },
];

/** Faults of FCM and of the connection to it. */
export const fcmFamily: Family = { name: "FCM", scenarios };
