import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, beforeEach, describe, it } from "node:test";
import { fetchGoogleAccessToken } from "../../../functions/src/fcm/google-access-token.ts";

const now = Date.now();
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const credentials = {
  type: "service_account",
  project_id: "demo",
  client_email: "pbx-push@demo.iam.gserviceaccount.com",
  private_key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
};

const requests: URLSearchParams[] = [];
let answer = { status: 200, body: "" };
let endpoint = "";

const server = createServer((request, response) => {
  void text(request).then((body) => {
    requests.push(new URLSearchParams(body));
    response.writeHead(answer.status, { "content-type": "application/json" });
    return response.end(answer.body);
  });
});

/** Redirects Google's library, whose service account client posts to a fixed address, to the local endpoint. */
function fetchToken() {
  const fetchImplementation: typeof fetch = (_url, init) => fetch(endpoint, init);
  const transporterOptions = { fetchImplementation, retryConfig: { retry: 0, noResponseRetries: 0 } };
  return fetchGoogleAccessToken({ clientOptions: { transporterOptions } }, now);
}

/** The claims of the signed request. */
function claimsOf(request: URLSearchParams | undefined): Record<string, unknown> {
  const [, payload = ""] = (request?.get("assertion") ?? "").split(".");
  return JSON.parse(Buffer.from(payload, "base64url").toString());
}

describe("an access token of Google", () => {
  const folder = mkdtempSync(join(tmpdir(), "credentials-"));
  before(async () => {
    // In production Google's metadata server provides Application Default Credentials, here a file.
    process.env["METADATA_SERVER_DETECTION"] = "none";
    process.env["GOOGLE_APPLICATION_CREDENTIALS"] = join(folder, "service-account.json");
    writeFileSync(process.env["GOOGLE_APPLICATION_CREDENTIALS"], JSON.stringify(credentials));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("The server has no port");
    endpoint = `http://127.0.0.1:${address.port}/token`;
  });
  after(() => {
    delete process.env["GOOGLE_APPLICATION_CREDENTIALS"];
    rmSync(folder, { recursive: true });
    server.close();
    server.closeAllConnections();
  });
  beforeEach(() => {
    requests.length = 0;
    answer = { status: 200, body: JSON.stringify({ access_token: "ya29.x", expires_in: 3600, token_type: "Bearer" }) };
  });

  it("is requested with the service account, for FCM alone", async () => {
    const token = await fetchToken();
    assert.equal(token.value, "ya29.x");
    assert.ok(Math.abs(token.expiresAt - (Date.now() + 3_600_000)) < 60_000);
    const { iss, scope } = claimsOf(requests[0]);
    assert.equal(iss, credentials.client_email);
    assert.equal(scope, "https://www.googleapis.com/auth/firebase.messaging");
  });

  it("is a new one each time", async () => {
    await fetchToken();
    await fetchToken();
    assert.equal(requests.length, 2);
  });

  it("is an error when the credentials are refused", async () => {
    answer = { status: 400, body: JSON.stringify({ error: "invalid_grant", error_description: "Invalid JWT" }) };
    await assert.rejects(fetchToken(), /invalid_grant/);
  });

  it("is an error when the endpoint returns none", async () => {
    answer = { status: 200, body: "{}" };
    await assert.rejects(fetchToken());
  });

  it("is an error when the endpoint is down", async () => {
    endpoint = "http://127.0.0.1:1/token";
    await assert.rejects(fetchToken());
  });
});
