import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { routes } from "../../functions/src/pbx/all-routes.ts";
import { inlineRefs } from "../../docs/reference/inline-refs.ts";
import { startFunctions } from "../support/functions.ts";
import type { Schema } from "./input/from-schema.ts";
import { bodySchema, type OpenApi } from "./support/openapi-document.ts";

const functions = await startFunctions();
after(() => functions.close());
const document = inlineRefs((await functions.pbx("GET", "/openapi.json")).body) as OpenApi;

/** Shorter than the limit of a body, longer than that of any field, and of characters that every pattern allows. */
const endless = ["a".repeat(20_000), "0".repeat(20_000)];

function takesText({ type, anyOf = [] }: Schema): boolean {
  return type === "string" || anyOf.some(takesText);
}

/** The paths of all text fields, as `issues` spells them. */
function listTexts({ properties = {} }: Schema, before: readonly string[] = []): readonly (readonly string[])[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = [...before, name];
    return [...(takesText(schema) ? [path] : []), ...listTexts(schema, path)];
  });
}

function nest([name = "", ...rest]: readonly string[], value: string): Record<string, unknown> {
  return { [name]: rest.length === 0 ? value : nest(rest, value) };
}

describe("a text over the limit", () => {
  for (const { method, path } of routes) {
    const schema = bodySchema(document.paths[path]![method]!);
    for (const field of schema === undefined ? [] : listTexts(schema)) {
      it(`is refused as ${field.join(".")} of ${method.toUpperCase()} ${path}`, async () => {
        for (const text of endless) {
          const answer = await functions.pbx(method, path.replaceAll(/\{\w+\}/g, "0"), nest(field, text));
          const issues: { path: string }[] = answer.body.error?.issues ?? [];
          assert.equal(answer.status, 400);
          assert.ok(
            issues.some((issue) => issue.path.startsWith(field.join("."))),
            answer.text,
          );
        }
      });
    }
  }

  const event = { Event: "Newchannel", Context: "trk", Exten: "0701", Linkedid: "l.1", Uniqueid: "l.1" };

  it("is refused in an id of an event", async () => {
    for (const field of ["Exten", "Linkedid", "Uniqueid"]) {
      const answer = await functions.pbx("POST", "/events", { type: 3, data: { ...event, [field]: endless[1] } });
      assert.equal(answer.status, 400, field);
    }
  });

  it("is cut in an event where the caller chose it", async () => {
    const data = { ...event, CallerIDNum: "0".repeat(10_000), CallerIDName: "a".repeat(10_000) };
    assert.equal((await functions.pbx("POST", "/events", { type: 3, data })).body.error.code, "no_devices");
    const { body } = await functions.pbx("GET", "/calls/l.1");
    assert.deepEqual([body.caller_id.length, body.caller_name.length], [64, 255]);
  });

  for (const { method, path } of routes.filter((route) => route.path.includes("{"))) {
    it(`is refused in the path of ${method.toUpperCase()} ${path}`, async () => {
      const target = path.replaceAll(/\{\w+\}/g, "0".repeat(10_000));
      assert.equal((await functions.pbx(method, target, method === "put" ? { uid: "a" } : undefined)).status, 400);
    });
  }
});
