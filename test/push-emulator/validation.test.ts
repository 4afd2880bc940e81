import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { checkMessage } from "../../functions/src/fcm/check-message.ts";
import { startPushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import type { PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import { wrongValue } from "../functions/fcm/documented-answers.ts";
import { buildSend, openHttp1 } from "./connection.ts";
import type { Connection } from "./connection.ts";

const BACKGROUND = { "apns-push-type": "background", "apns-priority": "5" };
const SILENT = { aps: { "content-available": 1, "thread-id": "saveLocation" } };

const URGENT = { remote_notification: { notification: { title: "Kim", body: "calls" } } };

type Refused = readonly [why: string, message: object, field: string];

/** Messages that Google's JSON parser refuses: the reason, the message without its target, and the field in the error. */
const UNREADABLE: readonly Refused[] = [
  ["an unknown field", { key: "x" }, "message"],
  ["an unknown field inside", { android: { colour: "x" } }, "message.android"],
  ["a part that is not an object", { android: "high" }, "message.android"],
  ["a data value that is not a string", { data: { a: "b", n: 1 } }, "message.data[1].value"],
  ["data that is not a map", { data: ["a"] }, "message.data"],
  ["an unknown priority", { android: { priority: "urgent" } }, "message.android.priority"],
  [
    "a count with a fraction",
    { android: { notification: { notification_count: "1.5" } } },
    "message.android.notification.notification_count",
  ],
  ["a priority between two", { android: { priority: 1.5 } }, "message.android.priority"],
  ["a priority as the text of an unknown number", { android: { priority: "2" } }, "message.android.priority"],
  ["a flag as text", { android: { direct_boot_ok: "true" } }, "message.android.direct_boot_ok"],
  [
    "a count that is not a number",
    { android: { notification: { notification_count: "NaN" } } },
    "message.android.notification.notification_count",
  ],
  ["a priority of android_v2", { android_v2: { priority: "high", ...URGENT } }, "message.android_v2"],
  [
    "a flag of android_v2 as text",
    { androidV2: { remoteNotification: { ...URGENT.remote_notification, mutableContent: "true" } } },
    "message.android_v2.remote_notification.mutable_content",
  ],
  [
    "something in a background sync",
    { android_v2: { background_sync: { a: 1 } } },
    "message.android_v2.background_sync",
  ],
  ["a ttl without its unit", { android: { ttl: "30" } }, "message.android.ttl"],
  ["a ttl that is a number", { android: { ttl: 30 } }, "message.android.ttl"],
  ["a collapse key that is not a string", { android: { collapse_key: 1 } }, "message.android.collapse_key"],
  [
    "a notification priority in the old spelling",
    { android: { notification: { notification_priority: "max" } } },
    "message.android.notification.notification_priority",
  ],
  [
    "a list item of the wrong type",
    { android: { notification: { body_loc_args: ["a", 2] } } },
    "message.android.notification.body_loc_args[1]",
  ],
  [
    "an APNs header that is not a string",
    { apns: { headers: { "apns-priority": 10 } } },
    "message.apns.headers[0].value",
  ],
];

/** The same for messages that FCM itself refuses. */
const REFUSED: readonly Refused[] = [
  ["the reserved key from", { data: { from: "x" } }, "message.data"],
  ["the reserved key message_type", { data: { message_type: "x" } }, "message.data"],
  ["the reserved key gcm", { data: { gcm: "x" } }, "message.data"],
  ["the reserved prefix google.", { data: { "google.x": "x" } }, "message.data"],
  ["the reserved prefix gcm.", { android: { data: { "gcm.x": "x" } } }, "message.android.data"],
  ["a negative ttl", { android: { ttl: "-1s" } }, "message.android.ttl"],
  ["a ttl over 28 days", { android: { ttl: "2419201s" } }, "message.android.ttl"],
  ["a colour in words", { android: { notification: { color: "red" } } }, "message.android.notification.color"],
  ["an unknown APNs priority", { apns: { headers: { "apns-priority": "7" } } }, "message.apns.headers.apns-priority"],
  ["a VoIP push", { apns: { headers: { "apns-push-type": "voip" } } }, "message.apns.headers.apns-push-type"],
  [
    "an expiration that is not a number",
    { apns: { headers: { "apns-expiration": "soon" } } },
    "message.apns.headers.apns-expiration",
  ],
  [
    "a collapse id of 65 bytes in fewer than 65 characters",
    { apns: { headers: { "apns-collapse-id": `가${"x".repeat(62)}` } } },
    "message.apns.headers.apns-collapse-id",
  ],
  [
    "a title that is not a string",
    { apns: { payload: { aps: { alert: { title: 1 } } } } },
    "message.apns.payload.aps.alert.title",
  ],
  [
    "a background push of priority 10",
    { apns: { headers: { ...BACKGROUND, "apns-priority": "10" }, payload: SILENT } },
    "message.apns.headers.apns-priority",
  ],
  [
    "a background push of the default priority",
    { apns: { headers: { "apns-push-type": "background" }, payload: SILENT } },
    "message.apns.headers.apns-priority",
  ],
  [
    "a background push without content-available",
    { apns: { headers: BACKGROUND, payload: { aps: {} } } },
    "message.apns.payload.aps.content-available",
  ],
  ...["alert", "badge", "sound"].map((key): [string, object, string] => [
    `a background push with ${key}`,
    { apns: { headers: BACKGROUND, payload: { aps: { ...SILENT.aps, [key]: key === "badge" ? 1 : "x" } } } },
    `message.apns.payload.aps.${key}`,
  ]),
  [
    "a background push with a notification",
    { notification: { title: "x" }, apns: { headers: BACKGROUND, payload: SILENT } },
    "message.notification",
  ],
  ["a web TTL that is not a number", { webpush: { headers: { TTL: "x" } } }, "message.webpush.headers.TTL"],
  [
    "a web link without TLS",
    { webpush: { fcm_options: { link: "http://example.com" } } },
    "message.webpush.fcm_options.link",
  ],
  ["a web link that is a path", { webpush: { fcmOptions: { link: "/call" } } }, "message.webpush.fcm_options.link"],
  ...["a b", "", "x".repeat(51), "콜"].map((label): [string, object, string] => [
    `the analytics label ${JSON.stringify(label)}`,
    { fcm_options: { analytics_label: label } },
    "message.fcm_options.analytics_label",
  ]),
  ...["android", "apns", "webpush"].map((part): [string, object, string] => [
    `an analytics label with spaces for ${part}`,
    { [part]: { fcmOptions: { analyticsLabel: "a b" } } },
    `message.${part}.fcm_options.analytics_label`,
  ]),
  [
    "an analytics label with spaces for android_v2",
    { androidV2: { ...URGENT, fcm_options: { analytics_label: "a b" } } },
    "message.android_v2.fcm_options.analytics_label",
  ],
  ["both parts for Android", { android: { ttl: "1s" }, android_v2: URGENT }, "message.android_v2"],
  ["both kinds of android_v2", { android_v2: { ...URGENT, background_sync: {} } }, "message.android_v2"],
  ["neither kind of android_v2", { androidV2: { ttl: "1s" } }, "message.android_v2"],
  [
    "an urgent message of android_v2 that shows nothing",
    { android_v2: { remote_notification: { mutable_content: true } } },
    "message.android_v2.remote_notification.notification",
  ],
  ["a ttl of android_v2 over 28 days", { android_v2: { ...URGENT, ttl: "2419201s" } }, "message.android_v2.ttl"],
];

const TAKEN: readonly [why: string, message: object][] = [
  ["an empty message", {}],
  [
    "camelCase names",
    { android: { collapseKey: "a", notification: { channelId: "calls", notificationPriority: "PRIORITY_MAX" } } },
  ],
  [
    "snake_case names",
    { android: { collapse_key: "a", notification: { channel_id: "calls", notification_priority: "priority_max" } } },
  ],
  ["priorities in any case", { android: { priority: "high" } }],
  ["priorities as documented", { android: { priority: "NORMAL" } }],
  ["priorities by their numbers", { android: { priority: 2, notification: { notification_priority: 5 } } }],
  ["the same as text", { android: { priority: "1", notification: { notification_priority: "5", visibility: "3" } } }],
  [
    "numbers as text",
    {
      android: {
        notification: {
          notification_count: "3",
          light_settings: { color: { red: "0.5", green: 1, blue: "1e0", alpha: "NaN" } },
        },
      },
    },
  ],
  [
    "an urgent message of android_v2",
    {
      android_v2: { ttl: "30s", remote_notification: { ...URGENT.remote_notification, use_as_v1_data_message: true } },
    },
  ],
  [
    "the same in camelCase",
    { androidV2: { remoteNotification: { ...URGENT.remote_notification, mutableContent: true } } },
  ],
  ["a background sync", { android_v2: { background_sync: {}, collapse_key: "a" } }],
  [
    "analytics labels",
    { fcm_options: { analytics_label: "aZ0-_.~%" }, android: { fcm_options: { analytics_label: "b" } } },
  ],
  ["a ttl with a fraction", { android: { ttl: "3.5s" } }],
  ["a ttl of 0", { android: { ttl: "0s" } }],
  ["a ttl of 28 days", { android: { ttl: "2419200s" } }],
  ["null for missing fields", { notification: null, android: null }],
  ["data keys that only look reserved", { data: { fromUser: "x", google: "y", gcmId: "y", __proto: "z" } }],
  ["a web link", { webpush: { fcm_options: { link: "https://example.com/call" } } }],
  ["a background push", { apns: { headers: BACKGROUND, payload: SILENT } }],
  ["APNs priority 1", { apns: { headers: { "apns-priority": "1" } } }],
  ["a collapse id of 64 bytes", { apns: { headers: { "apns-collapse-id": "x".repeat(64) } } }],
  ["anything in an APNs payload", { apns: { payload: { aps: { alert: "hi" }, own: [1, { a: null }] } } }],
];

describe("validating a message", () => {
  let emulator: PushEmulator;
  let connection: Connection;
  let token: string;

  before(async () => {
    emulator = await startPushEmulator({ port: 0 });
    connection = openHttp1(emulator.url);
    ({ token } = emulator.createRegistration());
  });
  after(async () => {
    connection.close();
    await emulator.close();
  });

  for (const [why, message, field] of UNREADABLE) {
    it(`refuses ${why} in the parser, without an FcmError`, async () => {
      const reply = await connection.ask(buildSend({ message: { token, ...message } }));
      const { message: text, status, details } = reply.json.error;
      assert.deepEqual([reply.status, status], [400, "INVALID_ARGUMENT"]);
      assert.deepEqual(details, [
        { "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: [{ field, description: text }] },
      ]);
    });
  }

  it("answers a number in data as Google documents it", async () => {
    const reply = await connection.ask(buildSend({ message: { token, data: { score: 12 } } }));
    assert.deepEqual(reply.json, JSON.parse(wrongValue));
  });

  for (const [why, message, field] of REFUSED) {
    it(`refuses ${why}`, async () => {
      const reply = await connection.ask(buildSend({ message: { token, ...message } }));
      assert.equal(reply.status, 400);
      const [fcmError, badRequest] = reply.json.error.details;
      assert.equal(fcmError.errorCode, "INVALID_ARGUMENT");
      assert.equal(badRequest.fieldViolations[0].field, field);
      assert.equal(badRequest.fieldViolations[0].description, reply.json.error.message);
    });
  }

  for (const [why, message] of TAKEN) {
    it(`accepts ${why}`, async () => {
      const reply = await connection.ask(buildSend({ message: { token, ...message } }));
      assert.equal(reply.status, 200, reply.text);
    });
  }

  it("names every unknown field, as Google's parser does", async () => {
    const reply = await connection.ask(buildSend({ message: { token, one: 1 }, two: 2 }));
    const { message, details } = reply.json.error;
    assert.equal(
      message,
      `Invalid JSON payload received. Unknown name "one" at 'message': Cannot find field.\n` +
        `Invalid JSON payload received. Unknown name "two": Cannot find field.`,
    );
    assert.deepEqual(
      details.map(({ fieldViolations }: any) => fieldViolations.length),
      [2],
    );
  });

  it("requires exactly one target", async () => {
    const bodies = [
      {},
      { message: {} },
      { message: { token: "" } },
      { message: { token, topic: "news" } },
      [],
      "x",
      null,
    ];
    for (const body of bodies) {
      const reply = await connection.ask(buildSend(JSON.stringify(body)));
      assert.equal(reply.status, 400);
      assert.equal(reply.json.error.status, "INVALID_ARGUMENT");
    }
  });

  it("refuses an invalid topic name, and an invalid condition, without details", async () => {
    const topic = await connection.ask(buildSend({ message: { topic: "a topic" } }));
    assert.equal(topic.json.error.details[1].fieldViolations[0].field, "message.topic");
    const six = Array.from({ length: 6 }, (_, index) => `'t${index}' in topics`).join(" || ");
    for (const condition of ["news", "'a' in topics &&", "('a' in topics", six]) {
      const reply = await connection.ask(buildSend({ message: { condition } }));
      assert.deepEqual([reply.status, reply.json.error.details], [400, undefined]);
    }
  });
});

describe("measuring a message", () => {
  let emulator: PushEmulator;
  let connection: Connection;

  before(async () => {
    emulator = await startPushEmulator({ port: 0 });
    connection = openHttp1(emulator.url);
  });
  after(async () => {
    connection.close();
    await emulator.close();
  });

  const ask = async (message: object): Promise<unknown> => {
    const reply = await connection.ask(buildSend({ message }));
    return reply.status === 200 ? 200 : reply.json;
  };
  const tooLarge = {
    error: { code: 400, message: "Request contains an invalid argument.", status: "INVALID_ARGUMENT" },
  };

  it("accepts 4096 bytes of keys and values and refuses one more, without details", async () => {
    const { token } = emulator.createRegistration();
    assert.equal(await ask({ token, data: { k: "x".repeat(4095) } }), 200);
    assert.deepEqual(await ask({ token, data: { k: "x".repeat(4096) } }), tooLarge);
    assert.deepEqual(await ask({ token, data: { k: "가".repeat(1366) } }), tooLarge);
    assert.deepEqual(await ask({ token, notification: { title: "t", body: "x".repeat(4090) } }), tooLarge);
    const remote_notification = { notification: { title: "t", body: "x".repeat(4090) } };
    assert.deepEqual(await ask({ token, android_v2: { remote_notification } }), tooLarge);
  });

  it("accepts 2048 bytes for a topic", async () => {
    assert.equal(await ask({ topic: "news", data: { k: "x".repeat(2047) } }), 200);
    assert.deepEqual(await ask({ topic: "news", data: { k: "x".repeat(2048) } }), tooLarge);
  });

  it("counts only the parts for the phone's platform", async () => {
    const apns = { payload: { aps: { alert: "x".repeat(5000) } } };
    assert.equal(await ask({ token: emulator.createRegistration({ platform: "android" }).token, apns }), 200);
    assert.deepEqual(await ask({ token: emulator.createRegistration({ platform: "ios" }).token, apns }), tooLarge);
  });

  it("counts an iPhone's message as APNs does, in JSON", async () => {
    const ios = emulator.createRegistration({ platform: "ios" }).token;
    const android = emulator.createRegistration({ platform: "android" }).token;
    const braces = '{"k":""}'.length;
    assert.equal(await ask({ token: ios, data: { k: "x".repeat(4096 - braces) } }), 200);
    assert.deepEqual(await ask({ token: ios, data: { k: "x".repeat(4097 - braces) } }), tooLarge);
    for (const data of [{ k: '"'.repeat(3947) }, { k: "\u0001".repeat(700) }]) {
      assert.equal(await ask({ token: android, data }), 200);
      assert.deepEqual(await ask({ token: ios, data }), tooLarge);
    }
    const aps = { aps: { badge: 1, alert: { title: "t", body: "b" } }, own: ["a", null, { b: true, c: 1.5 }] };
    const json = JSON.stringify({ k: "", ...aps }).length;
    assert.equal(await ask({ token: ios, data: { k: "x".repeat(4096 - json) }, apns: { payload: aps } }), 200);
    assert.deepEqual(await ask({ token: ios, data: { k: "x".repeat(4097 - json) }, apns: { payload: aps } }), tooLarge);
  });

  it("accepts everything that our own check accepts, on any phone", async () => {
    for (const text of ["x", '"', "\\", "가", "🙂", "\n", "\u0001", '가"\n']) {
      for (const build of [
        (value: string) => ({ data: { k: value } }),
        (value: string) => ({ notification: { title: "t", body: value } }),
        (value: string) => ({ data: { k: "v" }, apns: { payload: { aps: { alert: { title: "t", body: value } } } } }),
      ]) {
        const largest = findLargest((count) => checkMessage(build(text.repeat(count)), { kind: "token" }).length === 0);
        for (const platform of ["android", "ios", "web"] as const) {
          const { token } = emulator.createRegistration({ platform });
          assert.equal(
            await ask({ token, ...build(text.repeat(largest)) }),
            200,
            `${platform} ${JSON.stringify(text)}`,
          );
        }
        const { token } = emulator.createRegistration({ platform: "ios" });
        assert.deepEqual(await ask({ token, ...build(text.repeat(largest + 1)) }), tooLarge, JSON.stringify(text));
      }
    }
  });

  it("survives a payload nested deeper than the stack, and one beyond every limit", async () => {
    const { token } = emulator.createRegistration({ platform: "ios" });
    const deep = `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`;
    const nested = await connection.ask(buildSend(`{"message":{"token":"${token}","apns":{"payload":${deep}}}}`));
    assert.deepEqual([nested.status, nested.json.error.details], [400, undefined]);
    const huge = await connection.ask(buildSend(Buffer.alloc(10_485_761, 0x20)));
    assert.match(huge.json.error.message, /exceeds the limit/);
  });
});

/** The largest number for which `passes` is true, by binary search. */
function findLargest(passes: (count: number) => boolean): number {
  let [good, bad] = [0, 5000];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (passes(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
