import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import firebaseConfig from "../../../firebase.json" with { type: "json" };
import { buildConsole } from "../../../local/console/build.ts";
import { startConsoleServer, type ConsoleServer } from "../../../local/console/server.ts";

interface Received {
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe("the console's local server", () => {
  let server: ConsoleServer;
  let received: Received[];
  /** The functions and the Auth emulator. */
  const stack = createServer((asked, answer) => {
    void text(asked).then((body) => {
      received.push({ url: asked.url, headers: asked.headers, body });
      answer.writeHead(429, { "content-type": "application/json", "retry-after": "7", "x-inside": "1" }).end("{}");
    });
  });

  before(async () => {
    received = [];
    await buildConsole();
    await once(stack.listen(0, "127.0.0.1"), "listening");
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a TCP port
    const url = `http://127.0.0.1:${(stack.address() as AddressInfo).port}`;
    const operator = { email: "operator@example.com", password: "secret" };
    server = await startConsoleServer({
      host: "127.0.0.1",
      port: 0,
      projectId: "demo",
      functionsUrl: `${url}/functions`,
      authUrl: url,
      operator,
    });
  });
  after(async () => {
    await server.close();
    stack.close();
  });

  it("serves the page with the headers of a deployment: nobody frames it, and no other origin feeds it", async () => {
    const page = await fetch(server.url);
    assert.equal(page.status, 200);
    const [all] = firebaseConfig.hosting.headers;
    for (const { key, value } of all!.headers) assert.equal(page.headers.get(key), value, key);
    const policy = page.headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*|http:/);
    assert.equal(page.headers.get("x-frame-options"), "DENY");
  });

  it("serves a page without inline script or style, and every file that it names for a year", async () => {
    const html = await (await fetch(server.url)).text();
    assert.doesNotMatch(html, /<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=/);
    const paths = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path!);
    assert.ok(paths.some((path) => path.endsWith(".js")) && paths.some((path) => path.endsWith(".css")));
    for (const path of paths) {
      const file = await fetch(server.url + path);
      assert.equal(file.status, 200, path);
      const isHashed = path.startsWith("/assets/");
      assert.equal(file.headers.get("cache-control"), isHashed ? "public, max-age=31536000, immutable" : "no-cache");
    }
  });

  it("passes the console's questions and the login on, and nothing of their answers' inside", async () => {
    const headers = { "content-type": "application/json", authorization: "Bearer x", cookie: "a=b" };
    const ask = async (path: string) => fetch(server.url + path, { method: "POST", headers, body: '{"data":{}}' });
    for (const [path, url] of [
      ["/api/console", "/functions/console"],
      [
        "/identitytoolkit.googleapis.com/v1/accounts:lookup?key=k",
        "/identitytoolkit.googleapis.com/v1/accounts:lookup?key=k",
      ],
      ["/securetoken.googleapis.com/v1/token", "/securetoken.googleapis.com/v1/token"],
    ] as const) {
      const answer = await ask(path);
      assert.deepEqual(
        [answer.status, answer.headers.get("retry-after"), answer.headers.get("x-inside")],
        [429, "7", null],
      );
      const last = received.at(-1)!;
      assert.deepEqual([last.url, last.body, last.headers.authorization], [url, '{"data":{}}', "Bearer x"]);
      assert.equal(last.headers.cookie, undefined);
    }
  });

  it("answers no page of another web site", async () => {
    const foreign = [
      { origin: "https://evil.example.com" },
      { origin: "null" },
      // Anybody may have pages there.
      { origin: "https://storage.googleapis.com" },
      { host: "evil.example.com" },
    ];
    for (const headers of foreign) {
      for (const path of [
        "/api/console",
        "/identitytoolkit.googleapis.com/v1/accounts:signUp",
        "/__/firebase/init.json",
      ]) {
        const asked = request(`${server.url}${path}`, { method: "POST", headers });
        asked.end();
        const [answer] = await once(asked, "response");
        answer.resume();
        assert.equal(answer.statusCode, 403, JSON.stringify(headers));
      }
    }
  });

  it("tells the page of its project and its demo operator", async () => {
    const config: any = await (await fetch(`${server.url}/__/firebase/init.json`)).json();
    assert.deepEqual([config.projectId, config.local.operator.email], ["demo", "operator@example.com"]);
  });
});
