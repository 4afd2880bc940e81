import assert from "node:assert/strict";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { after, describe, it } from "node:test";
import { validate } from "@readme/openapi-parser";
import { z } from "zod";
import { inlineRefs } from "../../../docs/reference/inline-refs.ts";
import { routes } from "../../../functions/src/pbx/all-routes.ts";
import { buildOpenApi } from "../../../functions/src/pbx/openapi.ts";
import { requestPbx, startFunctions } from "../../support/functions.ts";

const functions = await startFunctions();
after(() => functions.close());

const anonymous = { headers: {} };

async function readDocument(): Promise<any> {
  return (await functions.pbx("GET", "/openapi.json", undefined, anonymous)).body;
}

/** Every operation of the document with its path and method. */
function listOperations(document: any): any[] {
  return Object.entries<any>(document.paths).flatMap(([path, methods]) =>
    Object.entries<any>(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
  );
}

describe("GET /health", () => {
  it("answers without a key", async () => {
    const answer = await functions.pbx("GET", "/health", undefined, anonymous);
    const { timestamp, ...rest } = answer.body;
    assert.deepEqual([answer.status, rest], [200, { status: "healthy", service: "pbx-push" }]);
    assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000);
    assert.equal(answer.headers.get("cache-control"), "no-store");
  });

  it("answers in full whatever the client has cached", async () => {
    // Not with fetch, which itself asks for a fresh answer.
    const asked = get(`${functions.urls.pbx}/health`, { headers: { "if-none-match": "*" } });
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    assert.equal(answer.resume().statusCode, 200);
  });

  it("answers a dialplan with one word", async () => {
    assert.equal((await functions.pbx("GET", "/health?format=text", undefined, anonymous)).text, "HEALTHY\n");
  });
});

describe("GET /openapi.json", () => {
  it("describes every path and method", async () => {
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
      "/keys/{sha256}": ["get"],
    });
  });

  it("has the rules that parse the requests", async () => {
    const { paths } = inlineRefs(await readDocument()) as any;
    const { requestBody, responses } = paths["/calls"].post;
    const { properties, required } = requestBody.content["application/json"].schema;
    assert.deepEqual(required, ["call_id", "exten"]);
    assert.equal(properties.exten.pattern, String.raw`^\+?[0-9*#]{1,32}$`);
    assert.deepEqual(Object.keys(requestBody.content), ["application/json", "application/x-www-form-urlencoded"]);
    assert.deepEqual(Object.keys(responses), "200 400 401 403 404 408 413 415 429 502 503".split(" "));
    assert.deepEqual(
      paths["/calls/{call_id}"].get.parameters.map(({ name }: { name: string }) => name),
      ["call_id", "ring_id", "exten", "wait_seconds", "verdict", "time_zone", "format"],
    );
  });

  it("describes the target of a push as an object with one of five fields", async () => {
    const { paths } = inlineRefs(await readDocument()) as any;
    const { requestBody, responses } = paths["/pushes"].post;
    const { properties, required } = requestBody.content["application/json"].schema;
    assert.deepEqual(required, ["target"]);
    assert.deepEqual(Object.keys(properties.target.properties), ["token", "tokens", "exten", "uid", "fcm_topic"]);
    assert.deepEqual(Object.keys(responses), ["202", "400", "401", "403", "408", "413", "415", "429", "503"]);
  });

  it("describes the fields beside the error for a push that is no longer reserved", async () => {
    const { paths } = inlineRefs(await readDocument()) as any;
    const { schema } = paths["/pushes/{id}"].delete.responses["409"].content["application/json"];
    assert.deepEqual(Object.keys(schema.properties), ["error", "id", "state"]);
  });

  it("is valid OpenAPI", async () => {
    const result = await validate(await readDocument());
    assert.deepEqual(result, { valid: true, warnings: [], specification: "OpenAPI" });
  });

  it("has servers, and a name for every operation", async () => {
    const document = await readDocument();
    assert.match(document.servers[0].url, /^https:.*cloudfunctions\.net\/\{function\}$/);
    assert.equal(document.servers[0].variables.project.default, functions.projectId);
    assert.equal(document.servers[0].variables.function.default, "pbx");
    const names = listOperations(document).map(({ operationId }) => operationId);
    assert.ok(
      names.every((name) => /^[a-z]+([A-Z][a-z]+)*$/.test(name)),
      names.join(" "),
    );
    assert.equal(new Set(names).size, names.length);
  });

  it("names the region of the deployed functions", (t) => {
    process.env["FUNCTION_DEFAULT_REGION"] = "europe-west3";
    t.after(() => delete process.env["FUNCTION_DEFAULT_REGION"]);
    const { servers }: any = buildOpenApi(routes, "my-project");
    const regions = servers.map(({ variables }: any) => variables.region.default);
    assert.deepEqual(regions, ["europe-west3", "asia-northeast3"]);
  });

  it("has a named schema for every input and output", async () => {
    const document = await readDocument();
    for (const { requestBody, responses } of listOperations(document)) {
      for (const { content } of [
        ...(requestBody === undefined ? [] : [requestBody]),
        ...Object.values<any>(responses),
      ]) {
        for (const { schema } of Object.values<any>(content)) {
          const [, name] = /^#\/components\/schemas\/([A-Z]\w+)$/.exec(schema.$ref) ?? [];
          assert.ok(document.components.schemas[name!] !== undefined, JSON.stringify(schema));
        }
      }
    }
  });

  it("has an example of every body and of every answer that is not an error, and each matches its schema", async () => {
    for (const { operationId, requestBody, responses } of listOperations(inlineRefs(await readDocument()))) {
      const good = Object.entries<any>(responses).filter(([status]) => Number(status) < 300);
      const bodies = [requestBody, ...good.map(([, answer]) => answer)].filter((body) => body !== undefined);
      for (const { content } of bodies) {
        const { schema, example } = content["application/json"];
        assert.ok(example !== undefined, `${operationId} has no example`);
        assert.doesNotThrow(() => z.fromJSONSchema(schema).parse(example), operationId);
      }
    }
  });

  it("has an example of every body that the service accepts", async () => {
    for (const { path, method, operationId, requestBody } of listOperations(await readDocument())) {
      if (requestBody === undefined) continue;
      const url = path.replace("{call_id}", "1.1").replace("{exten}", "0701");
      const { status, text } = await functions.pbx(method, url, requestBody.content["application/json"].example);
      assert.ok(status !== 400 && status !== 500, `${operationId}: ${status} ${text}`);
    }
  });

  it("is built once by an instance, however often it is read", async () => {
    const { services } = functions;
    let builds = 0;
    const config = Object.defineProperty({ ...services.config }, "projectId", {
      get: () => {
        builds += 1;
        return services.config.projectId;
      },
    });
    const url = await functions.servePbx({ ...services, config });
    for (let time = 0; time < 3; time += 1)
      assert.equal((await requestPbx(url, "GET", "/openapi.json", undefined, anonymous)).status, 200);
    assert.equal(builds, 1);
  });

  it("is sent once: a client that has it gets 304", async () => {
    const { headers, text } = await functions.pbx("GET", "/openapi.json", undefined, anonymous);
    const etag = headers.get("etag")!;
    assert.match(etag, /^"[\w-]{20,}"$/);
    assert.equal(headers.get("cache-control"), "no-cache");
    const ask = async (kept: string) => {
      // Not with fetch, which itself asks for a fresh answer.
      const asked = get(`${functions.urls.pbx}/openapi.json`, { headers: { "if-none-match": kept } });
      const [answer] = (await once(asked, "response")) as [IncomingMessage];
      return { status: answer.statusCode, body: (await answer.toArray()).join("") };
    };
    assert.deepEqual(await ask(etag), { status: 304, body: "" });
    assert.deepEqual(await ask('"another"'), { status: 200, body: text });
  });
});
