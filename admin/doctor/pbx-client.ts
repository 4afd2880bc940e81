/** An answer of the PBX API, and how long it took. */
export interface PbxAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly ms: number;
}

// Longer than the longest wait of the API.
const timeoutMs = 40_000;

/** Sends a request to the PBX API as a PBX does; rejects without an answer. */
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
