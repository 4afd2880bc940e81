import type { CallAction, CallRequest, HistoryEntry, PanelCall, PhoneConfig } from "../../wire.ts";
import { readField, request } from "./request.ts";

/** Callbacks for the PBX's calls, from the page's own server. */
export interface CallsListener {
  readonly onCalls: (calls: readonly PanelCall[]) => void;
  /** Whether the server answers. */
  readonly onLive: (isLive: boolean) => void;
}

const reconnectMs = 2_000;

/** Loads the stack's configuration. */
export async function loadConfig(): Promise<PhoneConfig> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own server, built from the same wire.ts
  return (await request("page", "/api/config")) as PhoneConfig;
}

/** Tells the other browsers that the demo phone's app was installed anew. */
export async function saveDemoToken(token: string): Promise<void> {
  await request("page", "/api/demo-phone", { method: "PUT", body: { token } });
}

/** The user's calls, newest first. */
export async function loadHistory(idToken: string): Promise<readonly HistoryEntry[]> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own server, built from the same wire.ts
  return readField(await request("page", "/api/history", { bearer: idToken }), "calls") as readonly HistoryEntry[];
}

/** Places a call at the PBX. */
export async function placeCall(call: CallRequest): Promise<void> {
  await request("page", "/api/calls", { method: "POST", body: call });
}

/** An action of the caller or the desk phone; throws with status 404 for a call of another PBX. */
export async function actOnCall(linkedId: string, action: CallAction): Promise<void> {
  await request("page", `/api/calls/${encodeURIComponent(linkedId)}/${action}`, { method: "POST" });
}

/** Watches the PBX's calls as long as the page is open; reconnects when the server is lost. */
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
    // Some browsers reconnect by themselves, some do not.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => watchCalls(listener), reconnectMs);
  });
}
