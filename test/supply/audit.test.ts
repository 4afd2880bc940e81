import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { promisify } from "node:util";

const script = join(import.meta.dirname, "../../admin/audit.ts");

/** Runs the audit against a registry of its own. */
async function audit(t: TestContext, registry: RequestListener) {
  const server = createServer(registry);
  t.after(() => server.close().closeAllConnections());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const cache = await mkdtemp(join(tmpdir(), "pbx-push-audit-"));
  t.after(() => rm(cache, { recursive: true }));
  const npm = {
    npm_config_registry: `http://127.0.0.1:${port}/`,
    npm_config_fetch_retries: "0",
    npm_config_cache: cache,
  };
  const env = { ...process.env, ...npm };
  const ran = await promisify(execFile)(process.execPath, [script, "functions"], { env }).catch(
    (error: unknown) => error as any,
  );
  return { code: ran.code ?? 0, out: ran.stdout as string, err: ran.stderr as string };
}

/** A registry that knows one advisory, of undici. */
function advise(severity: string): RequestListener {
  const advisory = { id: 1, url: "https://example.com/1", title: "It leaks", severity, vulnerable_versions: ">=1" };
  return (request, response) => {
    response.setHeader("content-type", "application/json");
    if (request.method === "POST") return response.end(JSON.stringify({ undici: [advisory] }));
    return response.writeHead(404).end("{}");
  };
}

describe("npm run audit", () => {
  for (const severity of ["high", "critical"]) {
    it(`fails at a vulnerability that is ${severity}, and names the package`, async (t) => {
      const { code, err } = await audit(t, advise(severity));
      assert.equal(code, 1);
      assert.match(err, new RegExp(`^functions: undici \\(${severity}\\): It leaks, https://example.com/1$`, "m"));
    });
  }

  it("passes at a vulnerability that is not severe", async (t) => {
    const { code, out } = await audit(t, advise("moderate"));
    assert.equal(code, 0);
    assert.match(out, /^functions: no vulnerability that is high or critical$/m);
  });

  it("says so if the registry does not answer audits", async (t) => {
    const { code, out } = await audit(t, (_request, response) => void response.writeHead(405).end());
    assert.equal(code, 0);
    assert.match(out, /^functions: not audited, the registry does not answer audits$/m);
  });
});
