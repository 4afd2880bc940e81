import type { CallAction, CallRequest, HistoryEntry, PanelCall, PhoneConfig } from "../../wire.ts";
import { readField, request } from "./request.ts";

/** What the page's own server says of the PBX's calls, as it changes. */
export interface CallsListener {
  readonly onCalls: (calls: readonly PanelCall[]) => void;
  /** Whether the server is there. */
  readonly onLive: (isLive: boolean) => void;
}

const reconnectMs = 2_000;

/** Loads what the page has to know of the stack. */
export async function loadConfig(): Promise<PhoneConfig> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own server, built from the same wire.ts
  return (await request("page", "/api/config")) as PhoneConfig;
}

/** The user's calls, newest first. */
export async function loadHistory(idToken: string): Promise<readonly HistoryEntry[]> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own server, built from the same wire.ts
  return readField(await request("page", "/api/history", { bearer: idToken }), "calls") as readonly HistoryEntry[];
}

/** Has the PBX place a call. */
export async function placeCall(call: CallRequest): Promise<void> {
  await request("page", "/api/calls", { method: "POST", body: call });
}

/** Has the caller or the desk phone do something; throws with status 404 for a call that is not this PBX's. */
export async function actOnCall(linkedId: string, action: CallAction): Promise<void> {
  await request("page", `/api/calls/${encodeURIComponent(linkedId)}/${action}`, { method: "POST" });
}

/** Watches the PBX's calls for as long as the page is open; a server that is gone is asked for again and again. */
export function watchCalls(listener: CallsListener): void {
  const { onCalls, onLive } = listener;
  const source = new EventSource("/api/calls");
  source.addEventListener("open", () => onLive(true));
  source.addEventListener("message", ({ data }) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own server, built from the same wire.ts
    onCalls(JSON.parse(String(data)) as readonly PanelCall[]);
  });
  source.addEventListener("error", () => {
    onLive(false);
    // Some browsers try again by themselves and some do not.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => watchCalls(listener), reconnectMs);
  });
}
