import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { WebSocketServer } from "ws";
import { installOutside, readExamples, type OutsideFolder } from "./outside-folder.ts";

// TypeScript 5.9 is the last version that resolves as Node 10 did.
const tools = ["typescript@5.9.3", "esbuild@0.28.2", "vite@8.3.4", "metro@0.87.1", "@types/node@24"];

const types = `
import { CallClient, NotConnected, foldRings, type Call, type CallEnd, type CallReport, type RecordedRing } from "pbx-push-client";
const report = async ({ callId }: CallReport) => ({ callId, status: "ready", ringing: true }) as const;
const client = new CallClient({ deviceId: "phone-1", loadServerSettings: async () => null, reportCall: report });
client.on("ended", (call: Call, reason: CallEnd) => console.log(call.number, reason));
client.ensureConnected(1).catch((error: unknown) => console.log(error instanceof NotConnected));
const rings: RecordedRing[] = [];
const calls: number = foldRings(rings, 0).length;
// @ts-expect-error -- an option that must be there is missing
new CallClient({ deviceId: "phone-1" });
export { calls };
`;

/** The bundlers' input: it prints the callId of a push, as the client parsed it. */
const app = `
import { CallClient } from "pbx-push-client";
class NoSocket { readyState = 0; addEventListener(type, listen) { if (type === "open") this.open = listen; } close() {} }
const client = new CallClient({
  deviceId: "phone-1",
  loadServerSettings: async () => null,
  reportCall: async (report) => { console.log(report.callId, report.event); return { callId: report.callId, status: "ended", ringing: false }; },
  WebSocket: NoSocket,
});
client.receivePush({ type: "incoming_call", callId: "c-1", linkedId: "1.1", exten: "101", callerId: "", callerName: "", callType: "voice",
  timestamp: new Date().toISOString(), expiresAt: new Date(Date.now() + 30000).toISOString() });
`;

describe("pbx-push-client, packed and installed elsewhere", () => {
  let outside: OutsideFolder;
  before(async () => {
    outside = await installOutside("pbx-push-client", tools);
  });
  after(() => outside.remove());

  it("does what its README shows", async () => {
    const pbx = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(pbx, "listening");
    const [example] = await readExamples("client", "js");
    const { port } = pbx.address() as AddressInfo;
    await outside.write("example.js", example!.replace("7099", String(port)) + "\nprocess.exit();\n");
    assert.equal(await outside.run("node", "example.js"), "홍길동 calls 07045144801\n");
    pbx.close();
  });

  it("brings a README, a licence, one module, its types and its source map", async () => {
    const files = await outside.run("find", "node_modules/pbx-push-client", "-type", "f");
    const names = files
      .trim()
      .split("\n")
      .map((path) => path.replace("node_modules/pbx-push-client/", ""));
    const expected = ["LICENSE", "README.md", "dist/index.d.ts", "dist/index.js", "dist/index.js.map", "package.json"];
    assert.deepEqual(names.toSorted(), expected);
  });

  it("loads with require() as with import", async () => {
    await outside.write("app.cjs", `console.log(typeof require("pbx-push-client").CallClient);`);
    assert.equal(await outside.run("node", "app.cjs"), "function\n");
  });

  for (const [module, moduleResolution] of [
    ["commonjs", "node10"],
    ["node16", "node16"],
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ] as const) {
    it(`has types where TypeScript resolves as ${moduleResolution}`, async () => {
      await outside.write("types.ts", types);
      const flags = [
        "--strict",
        "--noEmit",
        "--skipLibCheck",
        "false",
        "--target",
        "es2022",
        "--lib",
        "es2022,dom",
        "--types",
        "node",
      ];
      await outside.run("tsc", ...flags, "--module", module, "--moduleResolution", moduleResolution, "types.ts");
    });
  }

  for (const format of ["esm", "cjs", "iife"]) {
    it(`is bundled by esbuild as ${format}`, async () => {
      await outside.write("app.js", app);
      await outside.run(
        "esbuild",
        "app.js",
        "--bundle",
        `--format=${format}`,
        `--outfile=esbuild.${format}.cjs`,
        "--log-level=error",
      );
      if (format !== "esm") await assertPrintsReport(`esbuild.${format}.cjs`);
    });
  }

  it("is bundled by Vite", async () => {
    await outside.write("app.js", app);
    const lib = `{ entry: "app.js", formats: ["es"], fileName: "app" }`;
    await outside.write("vite.config.js", `export default { build: { lib: ${lib} } };`);
    await outside.run("vite", "build", "--logLevel", "error");
    await assertPrintsReport("dist/app.js");
  });

  it("is bundled by Metro, by its exports and by its main field", async () => {
    await outside.write("app.js", app);
    for (const enabled of [true, false]) {
      const transformer = `{ getTransformOptions: async () => ({ transform: { experimentalImportSupport: true } }) }`;
      const resolver = `{ unstable_enablePackageExports: ${enabled}, resolverMainFields: ["react-native", "browser", "main"] }`;
      await outside.write(
        "metro.config.cjs",
        `module.exports = { transformer: ${transformer}, resolver: ${resolver} };`,
      );
      await outside.run(
        "metro",
        "build",
        "app.js",
        "--config",
        "metro.config.cjs",
        "--out",
        "metro.cjs",
        "--reset-cache",
      );
      await assertPrintsReport("metro.cjs");
    }
  });

  async function assertPrintsReport(file: string): Promise<void> {
    assert.match(await outside.run("node", file), /^c-1 received$/m);
  }
});
