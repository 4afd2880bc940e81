import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { findBadSettings, readConfig, readDeployment, requireApnsSettings } from "../../functions/src/config.ts";
import { createLog, type LogEntry } from "../../functions/src/log.ts";

describe("the settings", () => {
  it("have defaults for unset params, which the runtime shows as empty strings", () => {
    assert.deepEqual(readConfig({ GCLOUD_PROJECT: "p", AUDIENCE_SHARDS: "", PHONE_TEXTS: "", ENFORCE_APP_CHECK: "" }), {
      projectId: "p",
      audienceShards: 64,
      fcmMessagesPerMinute: 300_000,
      campaignRampSeconds: 60,
      campaignWorkers: 2,
      trustedProxies: 1,
      trunkContextPrefixes: ["trk"],
      ingressClosed: false,
      enforceAppCheck: false,
      logCallerData: false,
      countryCode: "82",
      defaultLanguage: "ko",
      ownTexts: {},
      apnsKey: undefined,
      apnsKeyId: "",
      apnsTeamId: "",
      apnsTopics: [],
      apnsFaults: [],
      consoleOrigins: [],
      probe: "auto",
      apnsEmulatorHost: undefined,
      fcmEmulatorHost: undefined,
      pbxApiUrl: undefined,
      serviceName: undefined,
    });
  });

  it("have no key of Apple's if the secret says none, with the line break of echo or without", () => {
    for (const APNS_KEY of ["none", "none\n", ""])
      assert.equal(readConfig({ GCLOUD_PROJECT: "p", APNS_KEY }).apnsKey, undefined);
    assert.equal(readConfig({ GCLOUD_PROJECT: "p", APNS_KEY: "a key" }).apnsKey, "a key");
  });

  it("of APNs that are wrong stop no function, and are as if they were empty", () => {
    const right = { APNS_KEY_ID: "KEY0000001", APNS_TEAM_ID: "TEAM000001", APNS_TOPICS: "a.voip" };
    for (const [name, value] of [
      ["APNS_KEY_ID", "abc"],
      ["APNS_TEAM_ID", "team000001"],
      ["APNS_TOPICS", "a.voip,b"],
    ] as const) {
      const config = readConfig({ GCLOUD_PROJECT: "p", APNS_KEY: "a key", ...right, [name]: value });
      assert.deepEqual(
        config.apnsFaults.map((fault) => fault.name),
        [name],
      );
      assert.throws(() => requireApnsSettings(config), { name: "Misconfigured", message: new RegExp(name) });
      const { apnsKeyId, apnsTeamId, apnsTopics } = config;
      const values = { APNS_KEY_ID: apnsKeyId, APNS_TEAM_ID: apnsTeamId, APNS_TOPICS: apnsTopics.join(",") };
      assert.deepEqual(values, { ...right, [name]: "" });
    }
    const gap = readConfig({ GCLOUD_PROJECT: "p", ...right, APNS_TOPICS: "" });
    assert.deepEqual(
      gap.apnsFaults.map((fault) => fault.name),
      ["APNS_TOPICS"],
    );
    assert.doesNotThrow(() => requireApnsSettings(readConfig({ GCLOUD_PROJECT: "p", APNS_KEY: "a key", ...right })));
    assert.throws(() => readConfig({ GCLOUD_PROJECT: "p", APNS_KEY_ID: "abc", AUDIENCE_SHARDS: "many" }), {
      message: /^Bad settings: AUDIENCE_SHARDS: [^;]*$/,
    });
  });

  it("of APNs are set together, or none of them is", () => {
    const names = ["APNS_KEY_ID", "APNS_TEAM_ID", "APNS_TOPICS"] as const;
    const right = { APNS_KEY_ID: "KEY0000001", APNS_TEAM_ID: "TEAM000001", APNS_TOPICS: "a.voip" };
    fc.assert(
      fc.property(fc.subarray([...names]), (empty) => {
        const environment = { ...right, ...Object.fromEntries(empty.map((name) => [name, ""])) };
        const isOneSet = empty.length < names.length;
        assert.deepEqual(
          findBadSettings({ GCLOUD_PROJECT: "p", ...environment }).map(({ name }) => name),
          isOneSet ? empty : [],
        );
        const config = readConfig({ GCLOUD_PROJECT: "p", ...environment, APNS_KEY: "a key" });
        if (empty.length === 0) requireApnsSettings(config);
        else assert.throws(() => requireApnsSettings(config), new RegExp(empty.join(".*")));
      }),
    );
  });

  it("have topics of APNs that end with .voip, as every phone's does", () => {
    const messageFor = (value: string) =>
      findBadSettings({
        GCLOUD_PROJECT: "p",
        APNS_KEY_ID: "KEY0000001",
        APNS_TEAM_ID: "TEAM000001",
        APNS_TOPICS: value,
      }).map(({ message }) => message);
    for (const value of ["a.voip", "com.example.app.voip,com.example.my-app.voip"])
      assert.deepEqual(messageFor(value), []);
    for (const value of ["com.example.app", "a.voip,com.example.app", "a.voip,", ",", "a.voip, b.voip", "a b.voip"]) {
      assert.deepEqual(
        messageFor(value),
        ["must be bundle ids with .voip, separated by commas, without spaces"],
        value,
      );
    }
  });

  it("refuse ids that are not of Apple's form, and show no secret", () => {
    const wrong = {
      GCLOUD_PROJECT: "p",
      APNS_KEY: "a key",
      APNS_KEY_ID: "abc",
      APNS_TEAM_ID: "TEAM123456 ",
      APNS_TOPICS: "a.voip, b.voip",
    };
    const faults = findBadSettings(wrong);
    assert.deepEqual(
      faults.map(({ name }) => name),
      ["APNS_KEY_ID", "APNS_TEAM_ID", "APNS_TOPICS"],
    );
    assert.doesNotMatch(JSON.stringify(faults), /a key/);
  });

  it("fail closed, and name every wrong one", () => {
    const broken = {
      GCLOUD_PROJECT: "p",
      AUDIENCE_SHARDS: "many",
      TRUSTED_PROXIES: "-1",
      ENFORCE_APP_CHECK: "yes",
      FCM_EMULATOR_HOST: "http://127.0.0.1:9190/",
    };
    assert.throws(() => readConfig(broken), {
      name: "Misconfigured",
      message: /AUDIENCE_SHARDS.*TRUSTED_PROXIES.*ENFORCE_APP_CHECK.*FCM_EMULATOR_HOST: must be host:port/,
    });
    assert.throws(() => readConfig({}), /GCLOUD_PROJECT: is not set/);
  });

  it("accept a whole number in digits, within its bounds", () => {
    const messageFor = (value: string) =>
      findBadSettings({ GCLOUD_PROJECT: "p", CAMPAIGN_RAMP_SECONDS: value }).map(({ message }) => message);
    for (const value of ["0", "60", "240"]) assert.deepEqual(messageFor(value), []);
    for (const value of ["241", "-1", "1.5", "1e1", "0x10", " ", "60s"]) {
      assert.deepEqual(messageFor(value), ["must be a whole number, 0 to 240"], value);
    }
  });

  it("refuse texts that no phone could show, and a default language without texts", () => {
    const messagesFor = (variables: NodeJS.ProcessEnv) =>
      findBadSettings({ GCLOUD_PROJECT: "p", ...variables }).map(({ name, message }) => `${name}: ${message}`);
    const ja = '{"ja":{"callAlertBody":"着信"}}';
    for (const PHONE_TEXTS of ["{}", ja]) assert.deepEqual(messagesFor({ PHONE_TEXTS }), []);
    assert.deepEqual(messagesFor({ PHONE_TEXTS: ja, DEFAULT_LANGUAGE: "ja" }), []);
    assert.deepEqual(messagesFor({ DEFAULT_LANGUAGE: "ja" }), [
      "DEFAULT_LANGUAGE: must be ko, en or a language of PHONE_TEXTS",
    ]);
    for (const PHONE_TEXTS of [
      "ja",
      "[]",
      '{"ja":"着信"}',
      '{"ja":{"body":"着信"}}',
      '{"JA":{}}',
      '{"ja":{"callAlertBody":""}}',
    ]) {
      assert.match(messagesFor({ PHONE_TEXTS }).join("\n"), /^PHONE_TEXTS: /, PHONE_TEXTS);
      assert.throws(() => readConfig({ GCLOUD_PROJECT: "p", PHONE_TEXTS }), { name: "Misconfigured" });
    }
  });

  it("accept one trunk prefix or several, and refuse prefixes that match no context or every context", () => {
    const read = (value: string) => readConfig({ GCLOUD_PROJECT: "p", TRUNK_CONTEXT_PREFIX: value });
    assert.deepEqual(read("trk").trunkContextPrefixes, ["trk"]);
    assert.deepEqual(read("trk,from-trunk,외선").trunkContextPrefixes, ["trk", "from-trunk", "외선"]);
    for (const value of [
      " trk",
      "trk ",
      "trk, from-trunk",
      "trk,",
      ",trk",
      "trk,,x",
      "trk\t",
      "trk\u0000",
      "trk\u00a0",
    ]) {
      assert.throws(
        () => read(value),
        /TRUNK_CONTEXT_PREFIX: must be words separated by commas/,
        JSON.stringify(value),
      );
    }
  });

  const faultOf = (settings: Record<string, string>) =>
    findBadSettings({ GCLOUD_PROJECT: "p", ...settings }).map(({ name, message }) => `${name} ${message}`);

  it("accept only valid regions, time zones and times", () => {
    const good = [
      ["FUNCTION_DEFAULT_REGION", ["us-central1", "northamerica-northeast2", "me-central2"]],
      ["SCHEDULE_TIME_ZONE", ["Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC"]],
      ["PATH_DAILY_SCHEDULE", ["0 9 * * MON", "*/15 8-17 1,15 * 1-5"]],
    ] as const;
    for (const [name, values] of good) for (const value of values) assert.deepEqual(faultOf({ [name]: value }), []);
    const bad = [
      [
        "FUNCTION_DEFAULT_REGION",
        "a region of Google Cloud",
        ["Seoul", "asia", "asia-northeast3-a", "us-central1,us-east1"],
      ],
      ["SCHEDULE_TIME_ZONE", "a time zone such as Europe/Berlin", ["Asia/Seul", "+09:00", "09:00"]],
      [
        "SAVE_LOCATION_SCHEDULE",
        "a Unix cron expression of five fields",
        ["every 30 minutes", "7,37 * * *", "0 7,37 * * * *"],
      ],
    ] as const;
    for (const [name, allowed, values] of bad) {
      for (const value of values) assert.deepEqual(faultOf({ [name]: value }), [`${name} must be ${allowed}`], value);
    }
  });

  it("have no more ready instances than the maximum", () => {
    assert.deepEqual(faultOf({ CALL_MIN_INSTANCES: "3", CALL_MAX_INSTANCES: "3" }), []);
    const fault = "CALL_MIN_INSTANCES must not be above CALL_MAX_INSTANCES";
    assert.deepEqual(faultOf({ CALL_MIN_INSTANCES: "4", CALL_MAX_INSTANCES: "3" }), [fault]);
  });

  it("that only the Firebase CLI reads stop no function from starting", (t) => {
    t.mock.method(Intl, "DateTimeFormat", () =>
      assert.fail("readConfig must not load the time zones, which takes tens of milliseconds"),
    );
    const odd = { GCLOUD_PROJECT: "p", SCHEDULE_TIME_ZONE: "Europe/Berlin", PATH_DAILY_SCHEDULE: "never" };
    assert.equal(readConfig(odd).projectId, "p");
    t.mock.restoreAll();
    assert.throws(() => readDeployment(odd), { name: "Misconfigured", message: /PATH_DAILY_SCHEDULE/ });
    assert.equal(readDeployment({ ...odd, PATH_DAILY_SCHEDULE: "" }).timeZone, "Europe/Berlin");
  });

  it("are shown when they are wrong", () => {
    const wrong = findBadSettings({ GCLOUD_PROJECT: "p", AUDIENCE_SHARDS: "many" });
    assert.deepEqual(wrong, [
      { name: "AUDIENCE_SHARDS", message: "must be a whole number, 1 to 10000", value: "many" },
    ]);
  });
});

describe("a log line", () => {
  function logged(showCallerData: boolean): LogEntry[] {
    const entries: LogEntry[] = [];
    const log = createLog({ showCallerData, sink: (entry) => entries.push(entry) });
    const registration = { kind: "token", value: "abcdefgh-and-much-more" } as const;
    log.info("event", { registration, callerId: "0101", callerName: "홍길동", callId: "1" });
    return entries;
  }

  it("shortens a registration and leaves the caller out", () => {
    assert.deepEqual(logged(false), [
      { severity: "INFO", message: "event", callId: "1", registration: "token:abcdefgh…" },
    ]);
  });

  it("shows the caller when that is switched on", () => {
    assert.deepEqual([logged(true)[0]?.["callerId"], logged(true)[0]?.["callerName"]], ["0101", "홍길동"]);
  });

  it("keeps an error's stack and its cause's", () => {
    const entries: LogEntry[] = [];
    const cause = new Error("the cause");
    createLog({ showCallerData: false, sink: (entry) => entries.push(entry) }).error("failed", {
      error: new Error("the error", { cause }),
    });
    const text = JSON.stringify(entries);
    assert.match(text, /the error.*config\.test\.ts.*the cause.*config\.test\.ts/);
  });
});
