import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, describe, it } from "node:test";
import { createCertificate } from "../../harness/certificate.ts";
import { demoKey } from "../support/functions.ts";
import { addLine } from "../support/line.ts";
import { skip, startAgiCalls } from "./agi-calls.ts";
import { startBase } from "./base-url-server.ts";

const calls = await startAgiCalls();
after(() => calls.close());
beforeEach(() => calls.begin());

describe("the key of the AGI script", { skip }, () => {
  for (const [title, mode] of [
    ["its group", 0o640],
    ["everybody", 0o604],
  ] as const) {
    it(`is refused when ${title} can read it`, async () => {
      const [token] = await addLine(calls.functions, 1);
      await calls.settings.write([`key = ${demoKey}`, `url_1 = ${calls.url}`], mode);
      const { result, detail } = await calls.wait();
      assert.deepEqual([result, detail], ["ERROR", "ERROR key_file"]);
      assert.match(calls.runs.at(-1)!.said.join("\n"), /VERBOSE "pbx-push: .*chmod 600/);
      assert.equal(calls.functions.fcm.messages(token).length, 0);
    });
  }

  it("is not sent over plain HTTP to another machine", async () => {
    await calls.useBases("http://192.0.2.1/pbx");
    assert.equal((await calls.wait()).detail, "ERROR settings");
    await calls.useBases("http://127.0.0.1@192.0.2.1/pbx");
    assert.equal((await calls.wait()).detail, "ERROR settings");
  });

  it("is not sent to a server whose certificate is not trusted", async () => {
    const certificate = await createCertificate();
    const asked: (string | undefined)[] = [];
    const secure = await startBase((response, request) => {
      asked.push(request.headers.authorization);
      response.end("READY\n");
    }, certificate);
    await calls.useBases(secure.url);
    assert.equal((await calls.wait("2")).result, "ERROR");
    assert.deepEqual(asked, []);
    const authority = join(tmpdir(), `pbx-push-${process.pid}.pem`);
    await writeFile(authority, certificate.cert);
    assert.equal((await calls.wait("5", { environment: { SSL_CERT_FILE: authority } })).result, "READY");
    assert.deepEqual(new Set(asked), new Set([`Bearer ${demoKey}`]));
    await secure.close();
  });

  it("is not sent after a redirect", async () => {
    let asked = 0;
    const elsewhere = await startBase((response) => {
      asked += 1;
      response.end("READY\n");
    });
    const moved = await startBase((response) => response.writeHead(307, { location: elsewhere.url }).end());
    await calls.useBases(moved.url);
    assert.equal((await calls.wait("2")).result, "ERROR");
    assert.equal(asked, 0);
    await Promise.all([elsewhere.close(), moved.close()]);
  });

  it("is never printed", () => {
    const said = calls.runs.flatMap((one) => one.said).join("\n");
    assert.match(said, /SET VARIABLE PBXPUSH_RESULT/);
    assert.doesNotMatch(said, new RegExp(demoKey));
    assert.doesNotMatch(said, /Traceback/);
  });
});

describe("an unknown mode of the AGI script", { skip }, () => {
  it("is refused, and the call goes on", async () => {
    const odd = calls.run({ mode: "wkae" });
    assert.equal(await odd.left, 0);
    assert.equal(odd.variables["PBXPUSH_DETAIL"], "ERROR mode");
  });
});
