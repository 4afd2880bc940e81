import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startLeanFcm } from "../lean-fcm/lean-fcm.ts";
import { accessToken, createTokens } from "./sender.ts";

const body = JSON.stringify({
  message: {
    token: createTokens(1)[0],
    data: { type: "silent", campaign: "saveLocation" },
    android: { priority: "normal", ttl: "1500s", collapse_key: "saveLocation" },
    apns: {
      headers: { "apns-push-type": "background", "apns-priority": "5", "apns-collapse-id": "saveLocation" },
      payload: { aps: { "content-available": 1, "thread-id": "saveLocation" } },
    },
  },
});

// The second line of the shell's `times` is the user and system time of its children.
const script =
  'h2load -n "$1" -c 4 -m 100 -d "$2" -H "authorization: Bearer $3" -H "content-type: application/json" "$4"; times';

/**
 * Messages per CPU second of h2load, a C++ program that repeats one message: an upper limit for the senders here. Resolves
 * with `undefined` if h2load (Debian's nghttp2-client) is not installed.
 */
export async function measureLimit(messages: number): Promise<number | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "pbx-push-h2load-"));
  const fcm = await startLeanFcm({ delayMs: 0 });
  try {
    const file = join(folder, "message.json");
    await writeFile(file, body);
    const url = `${fcm.origin}/v1/projects/demo/messages:send`;
    const args = ["-c", script, "bash", String(messages), file, accessToken, url];
    const { stdout } = await promisify(execFile)("bash", args);
    if (!stdout.includes(`${messages} succeeded`)) return undefined;
    const [user = "", system = ""] = (stdout.trim().split("\n").at(-1) ?? "").split(" ");
    return messages / (readSeconds(user) + readSeconds(system));
  } finally {
    await fcm.stop();
    await rm(folder, { recursive: true });
  }
}

/** `0m1.234s` in seconds. */
function readSeconds(text: string): number {
  const [, minutes, seconds] = /^(\d+)m([\d.]+)s$/.exec(text) ?? [];
  return Number(minutes) * 60 + Number(seconds);
}
