import assert from "node:assert/strict";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { after, describe, it } from "node:test";
import { startFunctions } from "../../support/functions.ts";

const functions = await startFunctions();
after(() => functions.close());

const anonymous = { headers: {} };

describe("GET /health", () => {
  it("answers without a key", async () => {
    const answer = await functions.pbx("GET", "/health", undefined, anonymous);
    const { timestamp, ...rest } = answer.body;
    assert.deepEqual([answer.status, rest], [200, { status: "healthy", service: "pbx-push" }]);
    assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000);
    assert.equal(answer.headers.get("cache-control"), "no-store");
  });

  it("answers in full whatever the client has kept", async () => {
    // Not with fetch, which asks for a fresh answer of its own accord.
    const asked = get(`${functions.urls.pbx}/health`, { headers: { "if-none-match": "*" } });
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    assert.equal(answer.resume().statusCode, 200);
  });

  it("answers a dialplan in a word", async () => {
    assert.equal((await functions.pbx("GET", "/health?format=text", undefined, anonymous)).text, "HEALTHY\n");
  });
});

describe("GET /openapi.json", () => {
  it("describes every path and method there is", async () => {
    const { body } = await functions.pbx("GET", "/openapi.json", undefined, anonymous);
    const described = Object.entries(body.paths).map(([path, methods]) => [path, Object.keys(methods as object)]);
    assert.deepEqual(Object.fromEntries(described), {
      "/health": ["get"],
      "/send": ["post"],
      "/send-batch": ["post"],
      "/calls": ["post"],
      "/calls/{call_id}": ["get"],
      "/calls/{call_id}/end": ["post"],
      "/events": ["post"],
      "/pushes": ["post"],
      "/pushes/{id}": ["get", "delete"],
      "/lines/{exten}": ["put", "get", "delete"],
    });
  });

  it("has the rules that parse the requests", async () => {
    const { body } = await functions.pbx("GET", "/openapi.json", undefined, anonymous);
    const { requestBody, responses } = body.paths["/calls"].post;
    const { properties, required } = requestBody.content["application/json"].schema;
    assert.deepEqual(required, ["call_id", "exten"]);
    assert.equal(properties.exten.pattern, String.raw`^\+?[0-9*#]{1,32}$`);
    assert.deepEqual(Object.keys(requestBody.content), ["application/json", "application/x-www-form-urlencoded"]);
    assert.deepEqual(Object.keys(responses), ["200", "400", "401", "403", "404", "413", "415", "502", "503"]);
    assert.deepEqual(
      body.paths["/calls/{call_id}"].get.parameters.map(({ name }: { name: string }) => name),
      ["call_id", "ring_id", "exten", "wait_seconds", "format"],
    );
  });

  it("describes the target of a push as an object with one of five fields", async () => {
    const { body } = await functions.pbx("GET", "/openapi.json", undefined, anonymous);
    const { requestBody, responses } = body.paths["/pushes"].post;
    const { properties, required } = requestBody.content["application/json"].schema;
    assert.deepEqual(required, ["target"]);
    assert.deepEqual(Object.keys(properties.target.properties), ["token", "tokens", "exten", "uid", "fcm_topic"]);
    assert.deepEqual(Object.keys(responses), ["202", "400", "401", "403", "413", "415", "503"]);
  });

  it("describes what stands beside the error of a push that is no longer reserved", async () => {
    const { body } = await functions.pbx("GET", "/openapi.json", undefined, anonymous);
    const { schema } = body.paths["/pushes/{id}"].delete.responses["409"].content["application/json"];
    assert.deepEqual(Object.keys(schema.properties), ["error", "id", "state"]);
  });
});
