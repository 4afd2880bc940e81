import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readConfig } from "../../functions/src/config.ts";
import { createLog, type LogEntry } from "../../functions/src/log.ts";

describe("the settings", () => {
  it("have defaults where a param is unset, which the runtime shows as an empty string", () => {
    assert.deepEqual(
      readConfig({ GCLOUD_PROJECT: "p", AUDIENCE_SHARDS: "", CALL_ALERT_BODY: "", ENFORCE_APP_CHECK: "" }),
      {
        projectId: "p",
        audienceShards: 64,
        fcmMessagesPerMinute: 300_000,
        campaignRampSeconds: 60,
        trustedProxies: 1,
        trunkContextPrefix: "trk",
        enforceAppCheck: false,
        logCallerData: false,
        texts: {
          callAlertBody: "전화가 왔습니다",
          unknownCaller: "발신번호 표시제한",
          callMissedBody: "부재중 전화",
          callAnsweredBody: "다른 곳에서 받은 전화",
        },
        pbxKeys: "",
      },
    );
  });

  it("fail closed, naming every one that is wrong", () => {
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
    assert.throws(() => readConfig({}), /GCLOUD_PROJECT/);
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
