import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { alice, startFunctions } from "../support/functions.ts";

const functions = await startFunctions({ AUDIENCE_SHARDS: "many" });
after(() => functions.close());

describe("a deployment with a wrong setting", () => {
  it("answers a PBX with 503 and names the setting in the log", async () => {
    const answer = await functions.pbx("GET", "/health");
    assert.deepEqual([answer.status, answer.body.error.code], [503, "misconfigured"]);
    const refused = functions.logged.find((line) => line.includes("settings_refused"));
    const { severity, message, error } = JSON.parse(refused!);
    assert.deepEqual([severity, message], ["ERROR", "settings_refused"]);
    assert.match(error.message, /AUDIENCE_SHARDS/);
  });

  it("fails a phone's request", async () => {
    const answer = await functions.call("getServerSettings", alice, null);
    assert.deepEqual([answer.status, answer.body.error.status], [503, "UNAVAILABLE"]);
  });

  it("works as soon as the setting is right, without a restart", async () => {
    process.env["AUDIENCE_SHARDS"] = "64";
    assert.equal((await functions.pbx("GET", "/health")).status, 200);
  });
});
