import assert from "node:assert/strict";
import { glob, readFile } from "node:fs/promises";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { startFunctions } from "../support/functions.ts";
import { readDocumentedEvents } from "./documented-events.ts";
import { causeEvents, settings } from "./cause-events.ts";
import { readEntries } from "./logged-entry.ts";

const sources = fileURLToPath(new URL("../../functions/src/", import.meta.url));
const severities: Readonly<Record<string, string>> = { info: "INFO", warn: "WARNING", error: "ERROR" };

/** Every event that the code can log, as `name SEVERITY`. */
async function collectEvents(): Promise<Set<string>> {
  const events = new Set<string>();
  for await (const name of glob("**/*.ts", { cwd: sources })) {
    const code = await readFile(sources + name, "utf8");
    if (name === "jobs/schedule.ts") continue;
    if (name !== "log.ts") assert.doesNotMatch(code, /firebase-functions\/logger/, name);
    const calls = [...code.matchAll(/\blog(?:WithoutSettings)?\s*\.(info|warn|error)\(\s*(?:"(\w+)")?/g)];
    for (const [text, method = "", event] of calls) {
      assert.ok(event !== undefined, `${name} logs an event whose name is no literal: ${text}`);
      events.add(`${event} ${severities[method]}`);
    }
    // The builder of all jobs logs their failures.
    for (const [, event] of code.matchAll(/^\s+failure: "(\w+)",$/gm)) events.add(`${event} ERROR`);
  }
  return events;
}

describe("docs/log-events.md", () => {
  it("lists every event that the functions log, with its severity, and no other", async () => {
    const documented = [...(await readDocumentedEvents())].map(([name, { severity }]) => `${name} ${severity}`);
    assert.deepEqual(documented.toSorted(), [...(await collectEvents())].toSorted());
  });

  it("lists the fields that are logged", async () => {
    const functions = await startFunctions(settings);
    after(() => functions.close());
    await causeEvents(functions);
    const documented = await readDocumentedEvents();
    const seen = new Set<string>();
    for (const { severity, jsonPayload } of readEntries(functions.logged)) {
      const { message, ...fields } = jsonPayload;
      // firebase-functions itself logs that it has verified a callable's request.
      if (String(message).includes(" ")) continue;
      const event = documented.get(String(message));
      assert.ok(event !== undefined, `${String(message)} is not documented`);
      seen.add(String(message));
      assert.equal(severity, event.severity, String(message));
      const names = Object.keys(fields);
      const lacking = event.required.filter((name) => !names.includes(name));
      const strange = names.filter((name) => !event.required.includes(name) && !event.optional.includes(name));
      assert.deepEqual({ lacking, strange }, { lacking: [], strange: [] }, String(message));
    }
    assert.ok(seen.size >= 20, [...seen].join(", "));
    assert.doesNotMatch(functions.logged.join("\n"), /홍길동|01012345678/);
  });
});
