import { z } from "zod";
import { probeExten } from "./probe-phones.ts";

/** What the PBX's API answered, or why it did not. */
export interface Answer {
  readonly status?: number;
  /** The error code of the answer, or of the connection. */
  readonly code?: string;
  readonly ms: number;
}

/** A PBX gives up after ten seconds; a cold start may take the rest. */
const timeoutMs = 25_000;

const refusal = z.object({ error: z.object({ code: z.string() }) });

/** Places the call as a PBX does: over the network, through everything that stands in front of the function. */
export async function placeCall(url: string, key: string, callId: string): Promise<Answer> {
  const startedAt = performance.now();
  const told = await post(url, key, callId).catch((error: unknown) => ({ code: nameError(error) }));
  return { ...told, ms: Math.round(performance.now() - startedAt) };
}

async function post(url: string, key: string, callId: string): Promise<Omit<Answer, "ms">> {
  const response = await fetch(`${url}/calls`, {
    method: "POST",
    redirect: "manual",
    signal: AbortSignal.timeout(timeoutMs),
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ call_id: callId, ring_id: callId, exten: probeExten, ring_seconds: 20 }),
  });
  const text = await response.text();
  const { data } = refusal.safeParse(parseJson(text));
  return { status: response.status, ...(data !== undefined && { code: data.error.code.slice(0, 64) }) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `fetch` says only that it failed; the cause says why. */
function nameError(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const { cause } = error;
  const code: unknown = typeof cause === "object" && cause !== null ? Reflect.get(cause, "code") : undefined;
  return typeof code === "string" ? code : error.name;
}
