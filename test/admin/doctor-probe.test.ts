import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { recordProbe } from "../../functions/src/probe/probe-results.ts";
import { Timestamp } from "../support/functions-admin-sdk.ts";
import { findProblem, findProblems, services } from "./doctor-setup.ts";

const at = (minutes: number) => Timestamp.fromMillis(Date.now() + minutes * 60_000);
const forget = async () => services.db.doc("probe/latest").delete();

describe("the doctor on the probe", () => {
  it("says which step did not come through, and how to ask why", async () => {
    const steps = [
      { step: "request", isOk: true, ms: 300, detail: "502 push_failed" },
      { step: "apns", isOk: false, ms: 120, detail: "com.example.app.voip: InvalidProviderToken" },
    ];
    await recordProbe(services, { at: at(1), isOk: false, steps, callId: "ring-1" });
    assert.match(
      await findProblem(),
      /^fault probe: the probe of \S+ did not come through: apns com\.example\.app\.voip: InvalidProviderToken 120 ms → docs\/runbook\.md, .*calls why ring-1 --project/,
    );
  });

  it("warns of a probe that has stopped, and of one that has not begun", async () => {
    await forget();
    await recordProbe(services, { at: at(-160), isOk: true, steps: [] });
    assert.match(await findProblem(), /^warning probe: the probe has not run since \S+ → .*functions:log --only probe/);
    await forget();
    assert.match(await findProblem(), /^warning probe: the probe has not run yet → /);
  });

  it("finds nothing where it is switched off", async () => {
    await forget();
    assert.deepEqual(await findProblems([], { ...services, config: { ...services.config, probe: "off" } }), []);
  });
});
