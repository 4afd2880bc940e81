import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, describe, it } from "node:test";
import { startFunctions } from "../../support/functions.ts";
import { until } from "../../support/until.ts";

const asked: string[] = [];
const metadata = createServer((request, response) => {
  asked.push(request.url ?? "");
  response.setHeader("metadata-flavor", "Google").setHeader("content-type", "application/json");
  response.end(JSON.stringify({ access_token: "token", expires_in: 3599, token_type: "Bearer" }));
});
await once(metadata.listen(0, "127.0.0.1"), "listening");
const { port } = metadata.address() as AddressInfo;

// As in the cloud: there is no FCM emulator, and tokens come from the metadata server.
const functions = await startFunctions({
  FCM_EMULATOR_HOST: "",
  METADATA_SERVER_DETECTION: "assume-present",
  GCE_METADATA_HOST: `127.0.0.1:${port}`,
});
after(async () => {
  await functions.close();
  metadata.close().closeAllConnections();
});

describe("the first request of an instance", () => {
  it("fetches the access token for FCM, once, before any push needs it", async () => {
    const isToken = (path: string) => path.includes("/token?scopes=") && path.includes("firebase.messaging");
    assert.equal((await functions.pbx("GET", "/health")).status, 200);
    await until(() => asked.some(isToken));
    await functions.pbx("GET", "/health");
    await functions.services.fcm.prepare();
    assert.equal(asked.filter(isToken).length, 1);
  });
});
