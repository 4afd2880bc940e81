import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { routes } from "../../functions/src/pbx/all-routes.ts";
import { alice, demoKey, startFunctions } from "../support/functions.ts";
import { addLine, call, exten } from "../support/line.ts";
import { buildPumps, findSteepGrowth } from "./support/regex-growth.ts";
import { watchRegexes, type SeenRegex } from "./support/watch-regexes.ts";

const functions = await startFunctions();
after(() => functions.close());
const [token = ""] = await addLine(functions, 1);

/** Marks the texts that clients write below, to find the regular expressions that process them. */
const written = {
  number: exten,
  plus: "+821012345678",
  star: "*98#",
  callId: "r.1:2@x-y",
  ringId: "ring.1:2@x-y",
  uid: "carol_x",
  email: "o'brien+a@mail.example.com",
  time: "2099-01-01T00:00:00.5+09:00",
  type: "voice",
  topic: "news-%a",
  context: "trk-11-in",
  dial: "ANSWER",
  wait: "25",
  flag: "true",
  key: "key.a",
  text: "text &b",
  bearer: "bearer-key!",
  address: "203.0.113.77",
  device: "phone_1.a:b",
  pushCallId: "5f0c7a52-2b1e-5d4c-8a3f-0123456789ab",
  registration: "a-registration:x",
  campaign: "pathDaily",
  locale: "ko-KR",
  query: "q=1;x",
};
const isClients = (seen: string) => Object.values(written).some((value) => seen.includes(value));
const { number, plus, star, callId, ringId, uid, email, time, type, topic, context, dial, wait, flag, key, text } =
  written;
const { bearer, address, device, pushCallId, registration, campaign, locale, query } = written;

const bodies: Readonly<Record<string, readonly object[]>> = {
  "/send": [
    {
      fcm_token: token,
      title: text,
      body: text,
      caller_id: plus,
      caller_name: text,
      call_type: type,
      data: { [key]: text },
    },
  ],
  "/send-batch": [{ tokens: [token, registration], title: text, body: text, data: JSON.stringify({ [key]: text }) }],
  "/calls": [number, plus, star].map((one) => ({
    ...call,
    call_id: callId,
    ring_id: ringId,
    exten: one,
    caller_name: text,
    ring_seconds: wait,
  })),
  "/calls/{call_id}/end": [{ dialstatus: dial, exten: number, ring_id: ringId }, { reason: type }],
  "/events": [
    {
      type: 3,
      data: {
        Event: "Newchannel",
        Context: context,
        Exten: number,
        CallerIDNum: plus,
        CallerIDName: text,
        Linkedid: callId,
        Uniqueid: ringId,
      },
    },
  ],
  "/pushes": [
    {
      id: callId,
      target: { fcm_topic: topic },
      title: text,
      data: { [key]: text },
      reserved_at: time,
      expires_at: time,
    },
    { target: { uid }, silent: flag },
    { target: { token }, body: text },
  ],
  "/lines/{exten}": [{ uid }, { email }],
};

/** Every request once, as JSON and as a form, valid and invalid. */
async function exercise(): Promise<void> {
  const headers = {
    authorization: `Bearer ${demoKey}`,
    "x-forwarded-for": `${address}, ${address}`,
    "content-type": "application/json",
    "user-agent": text,
    cookie: query,
  };
  for (const { method, path } of routes) {
    const target = path.replace("{exten}", encodeURIComponent(star)).replaceAll(/\{\w+\}/g, callId);
    for (const body of bodies[path] ?? [{ note: text }]) {
      const form = new URLSearchParams();
      for (const [name, one] of Object.entries(body))
        form.set(name, typeof one === "string" ? one : JSON.stringify(one));
      const isRead = method === "get";
      await functions.pbx(
        method.toUpperCase(),
        `${target}?wait_seconds=x${wait}&ring_id=${ringId}&exten=${number}&${query}`,
        isRead ? undefined : body,
        {
          headers,
        },
      );
      if (!isRead) await functions.pbx(method.toUpperCase(), target, form);
    }
  }
  for (const shown of [`Bearer ${bearer}`, `Bearer   ${bearer}  `, bearer, `Basic ${bearer}`]) {
    await functions.pbx("GET", `/${text}/${query}`, undefined, { headers: { ...headers, authorization: shown } });
    await functions.pbx("GET", "/lines/1", undefined, { headers: { ...headers, authorization: shown } });
  }
  const input = {
    deviceId: device,
    platform: "web",
    registration: { kind: "token", value: registration },
    appVersion: text,
    locale,
  };
  await functions.call("registerDevice", alice, input);
  await functions.call("reportCall", alice, { callId: pushCallId, deviceId: device, event: "ready" });
  await functions.call("muteCampaigns", alice, { campaigns: [campaign] });
  await functions.call("unregisterDevice", alice, { deviceId: device });
}

describe("every regular expression that processes client input", () => {
  it("takes time at most linear in the length of the text", async (test) => {
    const seen = await watchRegexes(isClients, exercise);
    // The watch must see our own, otherwise it would find nothing wrong with others either.
    for (const ours of [String.raw`^\+?[0-9*#]{1,32}$`, String.raw`^Bearer +(\S{1,512}) *$`]) {
      assert.ok(
        [...seen.values()].some(({ regex }) => regex.source === ours),
        `${ours} was run on no text`,
      );
    }
    let pumped = 0;
    const steep = [...seen].flatMap(([name, { regex, samples }]: [string, SeenRegex]) => {
      const pumps = buildPumps(samples);
      pumped += pumps.length;
      const found = findSteepGrowth(regex, pumps);
      return found === undefined ? [] : [`${name} on ${found}`];
    });
    assert.deepEqual(steep, []);
    test.diagnostic(`${seen.size} regular expressions, ${pumped} kinds of text`);
  });
});
