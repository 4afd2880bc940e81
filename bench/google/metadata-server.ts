// https://docs.cloud.google.com/compute/docs/metadata/predefined-metadata-keys
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { accessToken } from "../bulk/sender.ts";

/**
 * Starts the server that gives an instance in the cloud its project, its account and, after `delayMs`, access tokens. Its
 * address goes into `GCE_METADATA_HOST`.
 */
export async function startMetadataServer(
  projectId: string,
  delayMs: number,
): Promise<{ readonly host: string; close: () => void }> {
  const server = createServer((request, response) => {
    response.setHeader("metadata-flavor", "Google");
    const path = request.url ?? "";
    if (path.includes("/service-accounts/default/token")) {
      response.setHeader("content-type", "application/json");
      const token = JSON.stringify({ access_token: accessToken, expires_in: 3599, token_type: "Bearer" });
      void delay(delayMs).then(() => response.end(token));
    } else if (path.endsWith("/project/project-id")) response.end(projectId);
    else if (path.endsWith("/universe/universe-domain")) response.end("googleapis.com");
    else if (path.endsWith("/default/email")) response.end(`functions@${projectId}.iam.gserviceaccount.com`);
    else response.end("default/\n");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server that listens
  const { port } = server.address() as AddressInfo;
  return { host: `127.0.0.1:${port}`, close: () => server.close().closeAllConnections() };
}
