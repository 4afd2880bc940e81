import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FcmEmulator } from "../fcm/emulator.ts";
import { host, ports, projectId } from "./ports.ts";

/** The functions of the stack, by name. */
export const functionsUrl = `http://${host}:${ports.functions}/${projectId}/asia-northeast3`;

/** What the stack starts with, so that a first call has somebody to ring. */
export const demo = {
  pbxKey: "demo-pbx-key",
  email: "demo@example.com",
  password: "demo-password",
  exten: "07045144801",
  deviceId: "demo-phone",
} as const;

const secretFile = fileURLToPath(new URL("../../functions/.secret.local", import.meta.url));

/** Writes the demo key where the Functions emulator looks for secrets; a file that is there is the developer's own. */
export function writeDemoSecret(): void {
  const keys = [{ id: "pbx-1", sha256: createHash("sha256").update(demo.pbxKey).digest("hex") }];
  if (existsSync(secretFile)) {
    if (!readFileSync(secretFile, "utf8").includes(keys[0]!.sha256)) {
      throw new Error(`${secretFile} does not have the demo key; move the file away to run the demo`);
    }
    return;
  }
  writeFileSync(secretFile, `PBX_KEYS=${JSON.stringify(keys)}\n`, { mode: 0o600 });
}

/** Posts JSON to a function of the stack; throws with its answer when that is not a 2xx. */
export async function post(
  url: string,
  bearer: string | undefined,
  body: unknown,
  method: "POST" | "PUT" = "POST",
): Promise<unknown> {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (bearer !== undefined) headers["authorization"] = `Bearer ${bearer}`;
  const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${answer}`);
  return JSON.parse(answer) as unknown;
}

/** Makes the demo user, line and phone, each through the door that a real one comes in by. Returns the phone's token. */
export async function seedDemo(fcm: FcmEmulator): Promise<string> {
  const { token } = fcm.createRegistration({ platform: "android" });
  const idToken = await signUp();
  await post(`${functionsUrl}/registerDevice`, idToken, {
    data: { deviceId: demo.deviceId, platform: "android", registration: { kind: "token", value: token } },
  });
  await post(`${functionsUrl}/pbx/lines/${demo.exten}`, demo.pbxKey, { email: demo.email }, "PUT");
  return token;
}

async function signUp(): Promise<string> {
  const url = `http://${host}:${ports.auth}/identitytoolkit.googleapis.com/v1/accounts:signUp?key=demo`;
  const answer = await post(url, undefined, { email: demo.email, password: demo.password, returnSecureToken: true });
  if (typeof answer === "object" && answer !== null && "idToken" in answer) return String(answer.idToken);
  throw new Error("The Auth emulator issued no ID token");
}
