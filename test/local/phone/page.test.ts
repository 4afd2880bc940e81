import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { startPhoneServer } from "../../../local/phone/server.ts";
import { startHub } from "../../../local/pbx/hub.ts";
import { createSimulatedPbx } from "../../../local/pbx/simulated-pbx.ts";
import { config, pbxKey, startPhone, type RunningPhone } from "./running-phone.ts";

let phone: RunningPhone;
before(async () => {
  phone = await startPhone();
});
after(async () => {
  await phone.close();
});

/** The target of a module's import, by the page's own import map. */
function resolveImport(specifier: string, importer: URL, importMap: Record<string, string>): URL {
  const prefix = Object.keys(importMap)
    .filter((key) => specifier === key || (key.endsWith("/") && specifier.startsWith(key)))
    .toSorted((one, other) => other.length - one.length)[0];
  if (prefix === undefined) return new URL(specifier, importer);
  return new URL(importMap[prefix] + specifier.slice(prefix.length), phone.url);
}

describe("the virtual phone's page", () => {
  it("is served with every module, picture and style that it names", async () => {
    const html = await (await fetch(phone.url)).text();
    const { imports } = JSON.parse(/<script type="importmap">([^]*?)<\/script>/.exec(html)![1]!);
    const linked = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => new URL(path!, phone.url));
    const wanted = new Map(linked.map((url) => [url.href, url]));
    for (const url of wanted.values()) {
      const response = await fetch(url);
      assert.equal(response.status, 200, url.href);
      if (!url.pathname.endsWith(".js")) continue;
      assert.match(response.headers.get("content-type") ?? "", /^text\/javascript/);
      for (const [, specifier] of (await response.text()).matchAll(/(?:from|import)\s*"([^"]+)"/g)) {
        const found = resolveImport(specifier!, url, imports);
        wanted.set(found.href, found);
      }
    }
    const served = [...wanted.keys()].join(" ");
    assert.match(served, /client\/src\/call-client\.js/);
    assert.match(served, /lit-html\/lit-html\.js/);
  });

  it("runs its own scripts and import map, and no script in a caller's name", async () => {
    const response = await fetch(phone.url);
    const importMap = /<script type="importmap">([^]*?)<\/script>/.exec(await response.text())![1]!;
    const hash = createHash("sha256").update(importMap).digest("base64");
    const policy = response.headers.get("content-security-policy") ?? "";
    assert.equal(/script-src ([^;]+)/.exec(policy)?.[1], `'self' 'sha256-${hash}'`);
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe/);
  });

  it("gets the stack's addresses, and never the PBX's key", async () => {
    const text = await (await fetch(`${phone.url}/api/config`)).text();
    assert.deepEqual(JSON.parse(text), config);
    const { body } = await phone.post("/api/calls", { extens: ["07045144801"] });
    assert.equal(`${text}${JSON.stringify(body)}`.includes(pbxKey), false);
  });

  it("hears of the demo phone's new install, for other browsers", async () => {
    const read = async () => ((await (await fetch(`${phone.url}/api/config`)).json()) as typeof config).demoPhone;
    const put = async (body: unknown) => {
      const headers = { "content-type": "application/json" };
      return (await fetch(`${phone.url}/api/demo-phone`, { method: "PUT", headers, body: JSON.stringify(body) }))
        .status;
    };
    assert.equal(await put({ token: 1 }), 400);
    assert.equal(await put({ token: "another-token" }), 204);
    assert.deepEqual(await read(), { ...config.demoPhone, token: "another-token" });
    assert.equal(await put({ token: config.demoPhone.token }), 204);
  });

  it("serves no other files", async () => {
    for (const path of [
      "/api/secrets",
      "/../server.ts",
      "/modules/../../package.json",
      "/modules/%2e%2e/%2e%2e/package.json",
    ]) {
      const response = await fetch(phone.url + path);
      assert.equal(response.status, 404, path);
      assert.equal(((await response.json()) as any).error.code, "not_found");
    }
  });
});

describe("the virtual phone's server", () => {
  it("serves the same on a browser port, and announces that one", async () => {
    const other = await startPhone({ browserPort: 0 });
    try {
      assert.equal((await fetch(other.url)).status, 200);
    } finally {
      await other.close();
    }
  });

  it("rejects when a port is taken, and frees the other", async () => {
    const hub = await startHub();
    const pbx = createSimulatedPbx({ pbxUrl: "http://127.0.0.1:1", key: pbxKey, hub });
    const options = { host: "127.0.0.1", pbx, config, firestoreHost: "127.0.0.1:1" };
    const taken = Number(new URL(phone.url).port);
    const free = await startPhoneServer({ ...options, port: 0 });
    await free.close();
    const freePort = Number(new URL(free.url).port);
    await assert.rejects(startPhoneServer({ ...options, port: freePort, browserPort: taken }), { code: "EADDRINUSE" });
    const again = await startPhoneServer({ ...options, port: freePort });
    await again.close();
    await pbx.close();
    await hub.close();
  });
});
