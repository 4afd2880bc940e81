import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

import { createCertificate } from "../../harness/certificate.ts";
import { buildPush } from "./apns/sender.ts";
import { openHttp2 } from "./connection.ts";

const MAIN = fileURLToPath(new URL("../../packages/push-emulator/src/main.ts", import.meta.url));

const MANIFEST = fileURLToPath(new URL("../../packages/push-emulator/package.json", import.meta.url));

async function readStart({ stdout }: { readonly stdout: NodeJS.ReadableStream }): Promise<string> {
  let printed = "";
  while (!printed.includes("Ctrl-C")) printed += String((await once(stdout, "data"))[0]);
  return printed;
}

function run(...args: string[]): ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } {
  return spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
}

describe("the emulator's command", { concurrency: true }, () => {
  it("prints its address and a curl line that works, and stops on Ctrl-C", async () => {
    const child = run("--port", "0");
    const printed = await readStart(child);
    const [, url = "", body = ""] = /curl -X POST (\S+) -d '(.+)'/.exec(printed) ?? [];
    const answer = await fetch(url, { method: "POST", body });
    assert.equal(answer.status, 201);
    assert.ok(printed.includes(`FCM_EMULATOR_HOST=${new URL(url).host}`));
    const [, apns = "", demoKey = ""] = /APNS_EMULATOR_HOST=(\S+)[^]* (http\S+demo-key)\n/.exec(printed) ?? [];
    const { providerToken } = (await (await fetch(demoKey)).json()) as { providerToken: string };
    const sender = openHttp2(`http://${apns}`);
    const { voipToken } = (await (await fetch(url, { method: "POST", body: '{"platform":"ios"}' })).json()) as {
      voipToken: string;
    };
    assert.equal((await sender.ask(buildPush(voipToken, providerToken))).status, 200);
    sender.close();
    child.kill("SIGINT");
    assert.deepEqual(await once(child, "exit"), [0, null]);
  });

  it("prints where its certificate is, and speaks TLS with it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "push-emulator-test-"));
    const caFile = join(folder, "ca.pem");
    const child = run("--port", "0", "--tls", "--ca-file", caFile);
    const printed = await readStart(child);
    assert.ok(printed.includes(`NODE_EXTRA_CA_CERTS=${caFile}\n`));
    const [address = ""] = /(?<=https:\/\/)[\d.:]+/.exec(printed) ?? [];
    const request = get(`https://${address}/emulator/v1/counters`, { ca: await readFile(caFile), agent: false });
    const [response] = await once(request, "response");
    assert.equal(response.statusCode, 200);
    child.kill("SIGTERM");
    await once(child, "exit");

    const elsewhere = run("--port", "0", "--tls");
    const [ownFile = ""] = /(?<=NODE_EXTRA_CA_CERTS=)\S+/.exec(await readStart(elsewhere)) ?? [];
    assert.match(await readFile(ownFile, "utf8"), /BEGIN CERTIFICATE/);
    elsewhere.kill("SIGINT");
    assert.deepEqual(await once(elsewhere, "exit"), [0, null]);
    await assert.rejects(readFile(ownFile), { code: "ENOENT" });

    const own = await createCertificate();
    await Promise.all([writeFile(join(folder, "key"), own.key), writeFile(join(folder, "cert"), own.cert)]);
    const other = run("--port", "0", "--key", join(folder, "key"), "--cert", join(folder, "cert"));
    const said = await readStart(other);
    assert.match(said, /https:/);
    assert.doesNotMatch(said, /NODE_EXTRA_CA_CERTS/);
    other.kill("SIGTERM");
    await once(other, "exit");
    await rm(folder, { recursive: true });
  });

  it("starts with the faults of its scripts, and for one project", async () => {
    const folder = await mkdtemp(join(tmpdir(), "push-emulator-test-"));
    const [many, one] = [join(folder, "many.json"), join(folder, "one.json")];
    await writeFile(many, JSON.stringify([{ error_code: "UNAVAILABLE" }, { status: 502 }]));
    await writeFile(one, JSON.stringify({ drop: true }));
    const child = run("--port", "0", "--project", "demo", "--script", many, "--script", one);
    const [url = ""] = /http:\/\/[\d.:]+/.exec(await readStart(child)) ?? [];
    const { faults } = (await (await fetch(`${url}/emulator/v1/faults`)).json()) as { faults: { status?: number }[] };
    assert.deepEqual(
      faults.map(({ status }) => status),
      [undefined, 502, undefined],
    );
    const headers = { authorization: "Bearer any" };
    const sent = await fetch(`${url}/v1/projects/other/messages:send`, { method: "POST", headers, body: "{}" });
    assert.equal(sent.status, 404);
    child.kill("SIGINT");
    await once(child, "exit");
    await rm(folder, { recursive: true });
  });

  it("prints its version and its usage", async () => {
    const { version } = JSON.parse(
      await readFile(new URL("../../packages/push-emulator/package.json", import.meta.url), "utf8"),
    );
    assert.equal(await text(run("--version").stdout), `${version}\n`);
    const usage = await text(run("--help").stdout);
    const apns = ["apns-port", "apns-sandbox-port", "apns-key", "apns-key-id", "apns-team-id"];
    for (const option of ["host", "port", "project", "script", "tls", "ca-file", "key", "cert", ...apns]) {
      assert.match(usage, new RegExp(`^  --${option} `, "m"));
    }
  });

  it("prints what to do when the port is in use, or the flags are wrong", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const { port } = blocker.address() as AddressInfo;
    const mistakes: readonly [args: string[], says: RegExp][] = [
      [["--port", String(port)], new RegExp(`in use.*${port}.*--port`)],
      [["--prot", "1"], /--prot[\s\S]*Usage:/],
      [["--port", "70000"], /--port must be 0 to 65535/],
      [["--port", "0", "--project", ""], /project must be a project id[\s\S]*Usage:/],
      [["--host", "192.0.2.1", "--port", "0"], /--host is not an address of this machine/],
      [["--port", "0", "--apns-port", String(port)], new RegExp(`in use.*${port}.*--apns-port`)],
      [["--apns-sandbox-port", "x"], /--apns-sandbox-port must be 0 to 65535/],
      [["--apns-key-id", "ABCDE12345"], /--apns-key, --apns-key-id and --apns-team-id go together/],
      [["--port", "0", "--apns-key", MAIN, "--apns-key-id", "a", "--apns-team-id", "b"], /apns\.keys\["a"\] is no key/],
      [["--key", "key.pem"], /--key and --cert go together/],
      [["--ca-file", "ca.pem"], /--ca-file goes with --tls/],
      [["--script", "/no/such.json"], /no such file.*\/no\/such\.json/],
      [["--script", MAIN], /main\.ts is not JSON/],
      [["--port", "0", "--script", MANIFEST], /unknown field "name"/],
    ];
    const check = async ([args, says]: (typeof mistakes)[number]): Promise<void> => {
      const child = run(...args);
      const [[code], complaint] = await Promise.all([once(child, "exit"), text(child.stderr)]);
      assert.equal(code, 1);
      assert.match(complaint, says);
    };
    await Promise.all(mistakes.map(check));
    blocker.close();
  });
});
