import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { Service } from "../../../local/phone/page/stack/service.ts";

/** A service that answers every request with that status and body. */
async function startService(t: { after(run: () => unknown): void }, status: number, body: unknown): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("a virtual phone's service", () => {
  it("rejects with the code that Firebase's SDKs make of a callable's status", async (t) => {
    const url = await startService(t, 403, { error: { status: "PERMISSION_DENIED", message: "Not yours" } });
    const service = new Service(url, { getIdToken: async () => "token" } as any, { isUp: true });
    const report = { callId: "ring-1", deviceId: "phone-1", event: "received" } as const;
    await assert.rejects(service.reportCall(report), { code: "permission-denied", status: 403, message: "Not yours" });
  });
});
