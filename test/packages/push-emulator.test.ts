import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { installOutside, readExamples, type OutsideFolder } from "./outside-folder.ts";

const tools = [
  "apns2@12.2.0",
  "firebase-admin@14.5.1",
  "jest@30.5.2",
  "typescript@5.9.3",
  "vitest@5.1.2",
  "@types/node@24",
];

const types = `
import { demoApnsKey, redirectApple, redirectGoogle, startPushEmulator } from "push-emulator";
import type { AcceptedMessage, FaultScript, PushEmulator, PushEmulatorOptions, Registration } from "push-emulator";
import { usePushEmulator } from "push-emulator/node-test";
import { usePushEmulator as useWithVitest } from "push-emulator/vitest";
import { usePushEmulator as useWithJest } from "push-emulator/jest";
import "push-emulator/redirect";
const { teamId, keyId, key } = demoApnsKey;
const options: PushEmulatorOptions = { port: 0, tls: true, apnsPort: 0, apns: { teamId, keys: { [keyId]: key } } };
const voipFault: FaultScript = { channel: "apns", reason: "Unregistered", timestamp: 1 };
const fault: FaultScript = { error_code: "QUOTA_EXCEEDED", quota: "device", times: 2 };
export async function use(): Promise<readonly AcceptedMessage[]> {
  const push: PushEmulator = await startPushEmulator(options);
  const phone: Registration = push.createRegistration({ platform: "ios" });
  push.addFault(fault);
  push.addFault(voipFault);
  redirectGoogle(push.address, { ca: push.ca })();
  redirectApple(push.apns.sandbox.address, { ca: push.ca })();
  // @ts-expect-error -- no such reason
  push.addFault({ channel: "apns", reason: "Gone" });
  for (const message of push.messages(phone.voipToken)) {
    if (message.channel === "apns") console.log(message.payload, message.headers.apnsId);
  }
  // @ts-expect-error -- no such state
  push.setState(phone.token, "asleep");
  return push.messages(phone.token);
}
export const suites: PushEmulator[] = [usePushEmulator(), useWithVitest({ projectId: "demo" }), useWithJest()];
`;

describe("push-emulator, packed and installed elsewhere", () => {
  let outside: OutsideFolder;
  before(async () => {
    outside = await installOutside("push-emulator", tools);
  });
  after(() => outside.remove());

  /** The example of the README that contains all of these words. */
  const findExample = async (language: string, ...words: readonly string[]): Promise<string> => {
    const found = (await readExamples("push-emulator", language)).filter((text) =>
      words.every((word) => text.includes(word)),
    );
    assert.equal(found.length, 1, words.join());
    return found[0]!;
  };

  /** Starts the installed command on a free port, and runs some of the README's lines against it. */
  const whileRunning = async (
    flags: readonly string[],
    use: (address: string, apnsAddress: string) => Promise<void>,
  ): Promise<void> => {
    const child = spawn("npx", ["push-emulator", "--port", "0", ...flags], { cwd: outside.folder, detached: true });
    let printed = "";
    for await (const chunk of child.stdout) {
      printed += String(chunk);
      if (printed.includes("Ctrl-C")) break;
    }
    try {
      const [, fcm = "", apns = ""] = /FCM_EMULATOR_HOST=(\S+) APNS_EMULATOR_HOST=(\S+)/.exec(printed) ?? [];
      await use(fcm, apns);
    } finally {
      process.kill(-child.pid!, "SIGINT");
      await once(child, "close");
    }
  };

  it("brings a README, a licence, the command, the page, and modules of both kinds with types and source maps", async () => {
    const files = await outside.run("find", "node_modules/push-emulator", "-type", "f", "-printf", "%P\\n");
    const names = new Set(files.trim().split("\n"));
    const entries = ["index", "jest", "node-test", "redirect", "vitest"];
    const kinds = ["js", "d.ts", "cjs", "d.cts"];
    for (const file of [
      "LICENSE",
      "README.md",
      "package.json",
      "dist/main.js",
      "dist/page/index.html",
      "dist/page/inbox.js",
      ...entries.flatMap((name) => kinds.map((kind) => `dist/${name}.${kind}`)),
      "dist/main.js.map",
    ]) {
      assert.ok(names.has(file), file);
    }
    assert.deepEqual(
      Array.from(names).filter((name) => /^(src|test)\/|tsconfig|tsdown/.test(name)),
      [],
    );
  });

  it("runs by npx, as the README's first lines do, and serves its page", async () => {
    const lines = await findExample("sh", "TOKEN=");
    await whileRunning([], async (address) => {
      const printed = await outside.run("bash", "-ec", lines.replaceAll("127.0.0.1:9190", address));
      assert.match(printed, /"name":"projects\/demo\/messages\/0:/);
      assert.match(printed, /"data":\{"order":"7"\}.*"delivery":"delivered"/);
      const page = await fetch(`http://${address}/`);
      assert.match(await page.text(), /<title>Push emulator/);
      assert.equal((await fetch(`http://${address}/inbox.js`)).status, 200);
    });
  });

  it("takes the README's faults over HTTP, and the same from a file", async () => {
    const lines = await findExample("sh", "/faults");
    await outside.write("faults.json", await findExample("json", "QUOTA_EXCEEDED"));
    const read = async (address: string): Promise<unknown> =>
      (await fetch(`http://${address}/emulator/v1/faults`)).json();
    let byHttp: unknown;
    await whileRunning([], async (address) => {
      await outside.run("bash", "-ec", lines.replaceAll("127.0.0.1:9190", address));
      byHttp = await read(address);
    });
    await whileRunning(["--script", "faults.json"], async (address) => assert.deepEqual(await read(address), byHttp));
    assert.equal((byHttp as { faults: unknown[] }).faults.length, 4);
  });

  it("rings an iPhone by APNs, as the README's lines do", async () => {
    const lines = await findExample("sh", "VOIP=");
    await whileRunning([], async (address, apnsAddress) => {
      const own = lines.replaceAll("127.0.0.1:9190", address).replaceAll("127.0.0.1:9191", apnsAddress);
      const printed = await outside.run("bash", "-ec", own);
      assert.match(printed, /^HTTP\/2 200 *\r?\napns-id: /m);
      assert.match(printed, /"payload":\{"call":"7"\}.*"delivery":"delivered"/);
    });
  });

  it("redirects firebase-admin of another process, by the README's line", async () => {
    const line = await findExample("sh", "--import push-emulator/redirect");
    const start = await findExample("sh", "--ca-file");
    await outside.write(
      "app.js",
      `import { initializeApp, cert } from "firebase-admin/app";
import { getMessaging } from "firebase-admin/messaging";
import { generateKeyPairSync } from "node:crypto";
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const credential = cert({
  projectId: "demo",
  clientEmail: "somebody@demo.iam.gserviceaccount.com",
  privateKey: privateKey.export({ type: "pkcs8", format: "pem" }),
});
const { successCount } = await getMessaging(initializeApp({ credential })).sendEach([{ topic: "a" }, { topic: "b" }]);
console.log(successCount);
process.exit();
`,
    );
    const flags = start.trim().split(" ").slice(2);
    await whileRunning(flags, async (address) => {
      assert.match(await outside.run("bash", "-ec", line.replaceAll("127.0.0.1:9190", address)), /^2$/m);
    });
  });

  it("starts by its API, in an ES module and in CommonJS", async () => {
    const example = await findExample("js", "startPushEmulator", 'platform: "ios"');
    await outside.write("start.js", example);
    assert.equal(await outside.run("node", "start.js"), "200 delivered\n");
    const [, line = ""] = example.match(/^import (\{.*\}) from "push-emulator";$/m) ?? [];
    const body = example.replace(/^import .*$/m, `const ${line} = require("push-emulator");\n(async () => {`);
    await outside.write("start.cjs", `${body}})();\n`);
    assert.equal(await outside.run("node", "start.cjs"), "200 delivered\n");
  });

  it("redirects its own process by code, in both kinds of module", async () => {
    const example = await findExample("js", "redirectGoogle");
    await outside.write("redirect.js", example);
    assert.equal(await outside.run("node", "redirect.js"), "200\n");
    await outside.write("redirect.cjs", `require("push-emulator/redirect");\n`);
    await assert.rejects(outside.run("node", "redirect.cjs"), /FCM_EMULATOR_HOST/);
  });

  it("works in tests of node:test", async () => {
    for (const sender of ["firebase-admin", "apns2"]) {
      await outside.write("push.test.js", await findExample("js", "push-emulator/node-test", sender));
      assert.match(await outside.run("node", "--test", "push.test.js"), /pass 2\n/);
    }
  });

  it("works in tests of Vitest", async () => {
    await outside.write("push.vitest.test.js", await findExample("js", "push-emulator/vitest"));
    assert.match(await outside.run("vitest", "run", "push.vitest.test.js"), /1 passed/);
  });

  it("works in tests of Jest", async () => {
    // In a package of ES modules, a CommonJS file needs its own extension.
    await outside.write("push.jest.test.cjs", await findExample("js", "push-emulator/jest"));
    assert.match(await outside.run("jest", "push.jest.test.cjs"), /1 passed/);
  });

  it("lets a test of each framework fail that should fail", async () => {
    const spoil = (text: string): string =>
      text
        .replaceAll("addFault", "clearFaults")
        .replaceAll('order: "7"', "order: String(Math.random())")
        .replaceAll("toHaveLength(1)", "toHaveLength(3)");
    await outside.write("push.test.js", spoil(await findExample("js", "push-emulator/node-test", "firebase-admin")));
    await outside.write("push.vitest.test.js", spoil(await findExample("js", "push-emulator/vitest")));
    await outside.write("push.jest.test.cjs", spoil(await findExample("js", "push-emulator/jest")));
    await assert.rejects(outside.run("node", "--test", "push.test.js"));
    await assert.rejects(outside.run("vitest", "run", "push.vitest.test.js"));
    await assert.rejects(outside.run("jest", "push.jest.test.cjs"));
  });

  for (const [module, moduleResolution, file] of [
    ["node16", "node16", "types.ts"],
    ["node16", "node16", "types.cts"],
    ["esnext", "bundler", "types.ts"],
    ["preserve", "bundler", "types.cts"],
  ] as const) {
    it(`has types where TypeScript resolves as ${moduleResolution}, in ${file}, as ${module}`, async () => {
      await outside.write(file, types);
      const flags = ["--strict", "--noEmit", "--exactOptionalPropertyTypes", "--target", "es2022", "--types", "node"];
      await outside.run(
        "tsc",
        ...flags,
        "--skipLibCheck",
        "--module",
        module,
        "--moduleResolution",
        moduleResolution,
        file,
      );
    });
  }
});
