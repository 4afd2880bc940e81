import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { inlineRefs } from "../../../docs/reference/inline-refs.ts";
import { alice, startFunctions, type CallableName } from "../../support/functions.ts";

const functions = await startFunctions();
after(() => functions.close());

const document = inlineRefs((await functions.pbx("GET", "/openapi.json")).body) as any;

/** Values of every kind, and some that are nearly right. */
const values: readonly unknown[] = [
  3,
  -1,
  1.5,
  1e300,
  true,
  "",
  "x",
  "30s",
  "a b/c\u0000",
  "x".repeat(20_000),
  [],
  [3],
  [null],
  [[]],
  {},
  { badge: 3 },
  { "": "x" },
];

/** The paths of all fields of a schema, as `issues` spells them. */
function listFields({ properties = {} }: any, before: readonly string[] = []): readonly (readonly string[])[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = [...before, name];
    return [path, ...listFields(schema, path)];
  });
}

/** A body with one value replaced. */
function replaceIn(body: any, [name = "", ...rest]: readonly string[], value: unknown): object {
  return { ...body, [name]: rest.length === 0 ? value : replaceIn(body[name] ?? {}, rest, value) };
}

/** Fails unless an answer names the place of each fault and what would be right. */
function requireExplained(message: string, issues: readonly { path: string; message: string }[], field: string): void {
  assert.ok(issues.length > 0, "there are no issues");
  for (const issue of issues) {
    assert.match(issue.message, /^(must |is required)/, `${field}: ${JSON.stringify(issue)}`);
    assert.doesNotMatch(issue.message, /invalid|expected|undefined|\[object/i, `${field}: ${JSON.stringify(issue)}`);
  }
  assert.ok(message.startsWith(`${issues[0]!.path} ${issues[0]!.message}`), message.slice(0, 300));
  const [top = ""] = field.split(".");
  assert.ok(
    issues.some(({ path }) => path.split(".")[0] === top) || field === "title" || field === "body",
    `${field} is not among ${JSON.stringify(issues).slice(0, 300)}`,
  );
}

const operations = Object.entries<any>(document.paths).flatMap(([path, methods]) =>
  Object.entries<any>(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
);

/** The path with a valid value for every parameter but one. */
function fillPath(path: string, bad: Readonly<Record<string, string>> = {}): string {
  const good: Record<string, string> = { call_id: "1.1", exten: "0701", id: "p1", ...bad };
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(good[name]!));
}

describe("a value of the wrong kind", () => {
  for (const { path, method, requestBody, parameters = [] } of operations) {
    const { schema, example } = requestBody?.content["application/json"] ?? {};
    for (const field of listFields(schema ?? {})) {
      // The PBX itself writes an event's content: it is read or ignored.
      if (path === "/events" && field.length > 1) continue;
      it(`is reported with what is right: ${method} ${path} ${field.join(".")}`, async () => {
        for (const value of values) {
          const sent = replaceIn(example, field, value);
          const { status, body } = await functions.pbx(method, fillPath(path), sent);
          assert.ok(status < 500 || status === 502, `${status}: ${JSON.stringify(value).slice(0, 80)}`);
          if (status === 400) requireExplained(body.error.message, body.error.issues, field.join("."));
        }
      });
    }
    for (const { name, in: where } of parameters.filter((one: any) => one.name !== "format")) {
      it(`is reported with what is right: ${method} ${path} ${name} in the ${where}`, async () => {
        for (const value of ["x y", "-", "30s", "%", "x".repeat(300)]) {
          const query = where === "query" ? `?${name}=${encodeURIComponent(value)}` : "";
          const url = fillPath(path, where === "path" ? { [name]: value } : {}) + query;
          const { status, body } = await functions.pbx(method, url, example);
          if (status === 400) requireExplained(body.error.message, body.error.issues, name);
        }
      });
    }
  }

  const inputs: readonly (readonly [CallableName, object])[] = [
    ["registerDevice", { deviceId: "d1", platform: "ios", registration: { kind: "token", value: "t".repeat(20) } }],
    ["unregisterDevice", { deviceId: "d1" }],
    ["reportCall", { callId: "c1", deviceId: "d1", event: "ready", reason: "error", facts: { priority: "high" } }],
    ["muteCampaigns", { campaigns: ["saveLocation"] }],
  ];
  for (const [name, input] of inputs) {
    it(`is reported with what is right: ${name}`, async () => {
      const fields = Object.entries(input).flatMap(([field, inner]) =>
        typeof inner === "string" || Array.isArray(inner)
          ? [[field]]
          : [[field], ...Object.keys(inner).map((one) => [field, one])],
      );
      for (const field of fields) {
        for (const value of [...values, null]) {
          const { status, body } = await functions.call(name, alice, replaceIn(input, field, value));
          if (status !== 400) continue;
          requireExplained(body.error.message, body.error.details.issues, field.join("."));
        }
      }
    });
  }
});
