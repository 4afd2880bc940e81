import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import * as fc from "fast-check";
import { z } from "zod";
import { buildRingId } from "../../functions/src/rings/ring.ts";
import * as schemas from "../../functions/src/phone/schemas.ts";
import { alice, bob, startFunctions, type CallableName } from "../support/functions.ts";
import { issueIdToken } from "../support/identity.ts";
import { addPhone, call } from "../support/line.ts";
import { buildCallableRequests } from "./input/callable-requests.ts";
import { attack } from "./support/attack.ts";
import { requireCallableProtocol } from "./support/callable-protocol.ts";
import { Durations } from "./support/durations.ts";
import { closeConnections, send, type Sent } from "./support/http.ts";
import { requireIntactProcess } from "./support/intact-process.ts";
import { secret, watchLog } from "./support/secrets.ts";

const functions = await startFunctions({ AUDIENCE_SHARDS: "4" });
after(async () => {
  closeConnections();
  await functions.close();
});
const log = watchLog(functions);
const timed: { readonly name: string; readonly slow: () => Promise<string> }[] = [];
await addPhone(functions, "phone-1");
await functions.pbx("PUT", "/lines/0701", { uid: alice.uid });
await functions.pbx("POST", "/calls", { ...call, exten: "0701", call_id: "1.1", ring_id: "1.1-a" });
const callId = buildRingId({ pbxId: "pbx-1", linkedId: "1.1" }, "0701", "1.1-a");

/** Every callable of phones with its input's schema; the compiler reports a missing one. */
const inputs: Readonly<Record<Exclude<CallableName, "console">, z.ZodType>> = {
  registerDevice: schemas.registerDeviceInput,
  unregisterDevice: schemas.unregisterDeviceInput,
  eraseMyData: z.object({}),
  reportCall: schemas.reportCallInput,
  getServerSettings: z.object({}),
  muteCampaigns: schemas.muteCampaignsInput,
};

const registration = fc.record({
  kind: fc.constantFrom("token", "fid"),
  value: fc
    .string({ unit: "grapheme-ascii", maxLength: 40 })
    .map((text) => `registered-${secret}-${text.replaceAll(" ", "_")}`),
});
const words = {
  deviceId: fc.oneof(fc.constantFrom("phone-1", "phone-2", "constructor", "__proto", "a.b", "toString"), fc.uuid()),
  callId: fc.oneof(fc.constantFrom(callId, callId, callId.toUpperCase(), "pbx-1~1.1", "constructor", "~"), fc.uuid()),
  registration,
  campaigns: fc.array(fc.constantFrom("pathDaily", "saveLocation", "constructor", "toString"), { maxLength: 4 }),
};

const people = fc.constantFrom(alice, alice, alice, bob, undefined);

/** A woken phone's report, as the plain request to compare with. */
function plainReport(): Sent {
  const authorization = `Bearer ${issueIdToken(functions.projectId, alice)}`;
  const data = { callId, deviceId: "phone-1", event: "ready" };
  const headers = { authorization, "content-type": "application/json" };
  return { method: "POST", path: "/", headers, body: Buffer.from(JSON.stringify({ data })) };
}

describe("callables under hostile input", () => {
  it("cover every callable of phones", async () => {
    // Imported after the functions have started: it loads their logger.
    const { callableNames } = await import("../../functions/src/phone/callable.ts");
    assert.deepEqual(Object.keys(inputs).toSorted(), callableNames.toSorted());
  });

  for (const [name, schema] of Object.entries(inputs)) {
    it(`answers ${name} in the callables' protocol, whatever is sent`, async (test) => {
      const url = functions.urls[name as CallableName];
      const durations = new Durations();
      timed.push({ name, slow: async () => durations.requireBounded(async (sent) => send(url, sent)) });
      await attack(test, 1400, buildCallableRequests(functions.projectId, schema, words, people), async (sent) => {
        const answer = await send(url, sent);
        durations.hostile(sent, answer);
        if (durations.count % 25 === 1) durations.plain(await send(functions.urls.reportCall, plainReport()));
        if (!log.look().isOddPath) requireCallableProtocol(sent, answer);
      });
    });
  }

  it("takes no disproportionately long time for a request", async (test) => {
    for (const { name, slow } of timed) test.diagnostic(`${name}: ${await slow()}`);
  });

  it("leave the process intact", () => {
    requireIntactProcess();
  });
});
