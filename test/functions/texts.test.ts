import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import * as fc from "fast-check";
import { chooseLanguage, hasTexts, listLanguages, textsIn } from "../../functions/src/texts.ts";
import { alice, startFunctions } from "../support/functions.ts";
import { call, exten, pushesTo, resetState } from "../support/line.ts";

const ja = { callAlertBody: "着信", callMissedBody: "不在着信", pathDailyTitle: "今週" };
const pt = { callAlertBody: "Chamada" };
const functions = await startFunctions({
  AUDIENCE_SHARDS: "1",
  CAMPAIGN_RAMP_SECONDS: "0",
  PHONE_TEXTS: JSON.stringify({ ja, "pt-br": pt }),
});
await functions.deliverMessages();
after(() => functions.close());

/** Locales as Android, iOS and browsers write them, and the language of their texts. */
const languages = new Map<string | null, string>([
  ["ko-KR", "ko"],
  ["en", "en"],
  ["en-US", "en"],
  ["en_GB", "en"],
  ["ja-JP", "ja"],
  ["JA", "ja"],
  ["pt-BR", "pt-br"],
  ["pt_BR.UTF-8", "pt-br"],
  ["pt-PT", "ko"],
  ["de-DE", "ko"],
  ["english", "ko"],
  ["constructor", "ko"],
  ["", "ko"],
  [null, "ko"],
]);

const bodies: Readonly<Record<string, readonly [call: string, missed: string, weekly: string]>> = {
  ko: ["전화가 왔습니다", "부재중 전화", "From Wolley 🗓"],
  en: ["Incoming call", "Missed call", "From Wolley 🗓"],
  ja: ["着信", "不在着信", "今週"],
  "pt-br": ["Chamada", "부재중 전화", "From Wolley 🗓"],
};

/** Registers an iPhone of Alice; returns its token. */
async function addIphone(deviceId: string, locale: string | null): Promise<string> {
  const { token } = functions.fcm.createRegistration({ platform: "ios" });
  const registration = { kind: "token", value: token };
  const device = { deviceId, platform: "ios", registration, locale };
  assert.equal((await functions.call("registerDevice", alice, device)).status, 200);
  return token;
}

describe("the texts on phones", () => {
  beforeEach(() => resetState(functions));

  it("are in the phone's own language: of a call, of its end and of a campaign", async () => {
    await functions.pbx("PUT", `/lines/${exten}`, { uid: alice.uid });
    const phones = await Promise.all(
      [...languages].map(async ([locale, language], index) => {
        return { language, locale, token: await addIphone(`iphone-${index}`, locale) };
      }),
    );
    assert.equal((await functions.pbx("POST", "/calls", { ...call, caller_name: "" })).status, 200);
    assert.equal((await functions.pbx("POST", `/calls/${call.call_id}/end`, {})).status, 200);
    const at = new Date(Math.floor(Date.now() / 1000) * 1000);
    assert.equal((await functions.runSchedule("pathDaily", at)).status, 200);
    await functions.settleMessages();
    for (const { language, locale, token } of phones) {
      const [ring, end, weekly] = pushesTo(functions, token);
      const shown = [ring.apns.payload.aps.alert.body, end.apns.payload.aps.alert.body, weekly.notification.title];
      assert.deepEqual(shown, bodies[language], String(locale));
    }
  });

  it("follow a phone whose language has changed", async () => {
    await functions.pbx("PUT", `/lines/${exten}`, { uid: alice.uid });
    const { token } = functions.fcm.createRegistration({ platform: "ios" });
    const device = { deviceId: "iphone", platform: "ios", registration: { kind: "token", value: token } };
    const at = 1000 * Math.floor(Date.now() / 1000);
    const titles: string[] = [];
    for (const [index, locale] of ["en-US", "ja-JP", "ko-KR"].entries()) {
      assert.equal((await functions.call("registerDevice", alice, { ...device, locale })).status, 200);
      assert.equal((await functions.runSchedule("pathDaily", new Date(at - 60_000 * (1 + index)))).status, 200);
      await functions.settleMessages();
      titles.push(pushesTo(functions, token)[index].notification.title);
    }
    assert.deepEqual(titles, ["From Wolley 🗓", "今週", "From Wolley 🗓"]);
  });
});

describe("the language for a locale", () => {
  const tag = fc.stringMatching(/^[a-z]{2,3}(-[a-z0-9]{2,8}){0,2}$/);

  it("is the longest beginning that has texts, else the default one, and every text of it is known", () => {
    fc.assert(
      fc.property(
        fc.array(tag, { maxLength: 5 }),
        tag,
        fc.constantFrom("ko", "en"),
        (tags, locale, defaultLanguage) => {
          const settings = { defaultLanguage, ownTexts: Object.fromEntries(tags.map((one) => [one, {}])) };
          const language = chooseLanguage(settings, locale);
          const beginnings = listLanguages(settings).filter((one) => `${locale}-`.startsWith(`${one}-`));
          const longest = beginnings.toSorted((one, other) => other.length - one.length)[0];
          assert.equal(language, longest ?? defaultLanguage);
          assert.ok(hasTexts(settings.ownTexts, language));
          for (const text of Object.values(textsIn(settings, language))) assert.ok(text.length > 0);
        },
      ),
    );
  });

  it("is some language for any text that an app may send", () => {
    const settings = { defaultLanguage: "ko", ownTexts: {} };
    fc.assert(
      fc.property(fc.string({ maxLength: 35, unit: "binary" }), (locale) => {
        assert.ok(["ko", "en"].includes(chooseLanguage(settings, locale)));
      }),
    );
  });
});
