import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, beforeEach } from "node:test";
import type { CommandContext } from "../../admin/command/context.ts";
import type { Services } from "../../functions/src/services.ts";
import { recordProbe } from "../../functions/src/probe/probe-results.ts";
import { Timestamp } from "../support/functions-admin-sdk.ts";
import { alice, demoKey, startFunctions } from "../support/functions.ts";
import { addLine, resetState } from "../support/line.ts";
import { emptyFolder, ops } from "./run-ops.ts";
import { startFakeGoogle } from "./fake-google.ts";

// What the doctor checks: the functions, a line of Alice's with one phone, and the deployment as Google's APIs describe it.
// Before each test all of it is sound.
export const functions = await startFunctions({ AUDIENCE_SHARDS: "2" });
export const google = await startFakeGoogle();
export const { services } = functions;
/** A PBX API that knows no key yet, anew for each test. */
export let url = "";
const closing: (() => void)[] = [() => google.close()];
after(async () => {
  for (const close of closing) close();
  await functions.close();
});

const settings = { serverAddress: "pbx.example.com", serverPort: 7099, serverSSL: true };

/** State that each test gets anew. */
export const fresh = { folder: "", token: "" };

beforeEach(async () => {
  process.env["AUDIENCE_SHARDS"] = "2";
  await resetState(functions);
  google.restore();
  fresh.folder = emptyFolder();
  url = await functions.servePbx(services);
  fresh.token = (await addLine(functions, 1))[0]!;
  await services.db.doc(`users/${alice.uid}`).set(settings, { merge: true });
  await recordProbe(services, { at: Timestamp.now(), isOk: true, steps: [{ step: "fcm", isOk: true, ms: 90 }] });
});

/** The PBX's settings file with a key. */
export function keyFile(key = demoKey): string {
  const file = join(fresh.folder, "pbx-push.conf");
  writeFileSync(file, `[general]\nurl_1 = ${url}\nkey = ${key}\n`);
  return file;
}

/** Runs the doctor on the real project's deployment; returns its warnings and faults. */
export async function findProblems(
  args: readonly string[] = [],
  on: Services = services,
  context: Partial<CommandContext> = {},
) {
  const common = ["doctor", "--project", google.projectId, "--json"];
  const usual = args.includes("--url") ? [] : ["--url", url];
  const key = args.includes("--key-file") ? [] : ["--key-file", keyFile()];
  const ran = await ops([...common, ...usual, ...key, ...args], on, { openGoogleApi: google.api, ...context });
  assert.equal(ran.err, "");
  const problems = ran.json.filter(({ level }: any) => level !== "ok");
  const isBad = problems.some(({ level }: any) => level === "fault");
  assert.equal(ran.code, isBad ? 1 : 0);
  for (const { todo } of problems) assert.match(todo, /\w/);
  return problems.map(({ check, level, seen, todo }: any) => `${level} ${check}: ${seen} → ${todo}`) as string[];
}

/** The only warning or fault. */
export async function findProblem(...args: Parameters<typeof findProblems>): Promise<string> {
  const problems = await findProblems(...args);
  assert.equal(problems.length, 1, problems.join("\n"));
  return problems[0]!;
}

/** A PBX API that answers as the test says. */
export async function serve(answer: (path: string) => [status: number, body: object]): Promise<string> {
  const server = createServer((request, response) => {
    const [status, body] = answer(request.url ?? "");
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  closing.push(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An address on which nothing listens any more. */
export async function findClosedPort(): Promise<string> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  await once(server.close(), "close");
  return `127.0.0.1:${port}`;
}
