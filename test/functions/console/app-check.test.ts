import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { refusalOf } from "../../support/console.ts";
import { startFunctions } from "../../support/functions.ts";

const own = "https://console.example.com";
const functions = await startFunctions({ ENFORCE_APP_CHECK: "true", CONSOLE_ORIGINS: own });
after(() => functions.close());

describe("a deployment that enforces App Check", () => {
  it("refuses an operator's page without proof, as it does an app", async () => {
    const { status, code, message } = await refusalOf(functions, { do: "session" });
    assert.deepEqual([status, code], [401, "UNAUTHENTICATED"]);
    assert.match(message, /App Check/);
  });
});

describe("a console at an address of its own", () => {
  it("may ask, if the settings name its origin", async () => {
    const ask = async (origin: string) => fetch(functions.urls.console, { method: "OPTIONS", headers: { origin } });
    assert.equal((await ask(own)).status, 204);
    assert.equal((await ask("https://console.example.org")).status, 403);
  });
});
