/** What the PBX API answered, and when, by this machine's clock. */
export interface PbxAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly ms: number;
}

// Longer than the longest wait the API grants.
const timeoutMs = 40_000;

/** Sends a request to the PBX API as a PBX does; rejects when nobody answers. */
export async function requestPbx(
  url: string,
  {
    method = "GET",
    key,
    body,
  }: { readonly method?: "GET" | "POST"; readonly key?: string | undefined; readonly body?: object } = {},
): Promise<PbxAnswer> {
  const startedAt = performance.now();
  const response = await fetch(url, {
    method,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const answer: unknown = await response.json().catch(() => undefined);
  return { status: response.status, body: answer, ms: Math.round(performance.now() - startedAt) };
}
