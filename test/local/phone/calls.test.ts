import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { after, before, describe, it } from "node:test";
import { until } from "../../support/until.ts";
import { startPhone, type RunningPhone } from "./running-phone.ts";

let phone: RunningPhone;
before(async () => {
  phone = await startPhone();
});
after(async () => {
  await phone.close();
});

const call = { callerId: "01012345678", callerName: "홍길동", extens: ["07045144801"], ringSeconds: 60 };

async function place(): Promise<string> {
  const { status, body } = await phone.post("/api/calls", call);
  assert.equal(status, 201);
  return body.linkedId;
}

/** A page's stream of a call. */
function watch(linkedId: string) {
  const watching = new AbortController();
  const stream = phone.watchCalls(watching.signal);
  return {
    /** The call as soon as it is in that state. */
    untilIt: async (wanted: string): Promise<any> => {
      for (;;) {
        const { value } = await stream.next();
        const found = value.find((one: any) => one.linkedId === linkedId);
        if (found?.state === wanted) return found;
      }
    },
    stop: () => watching.abort(),
  };
}

describe("the PBX panel's server", () => {
  it("places no call for a page of another web site, and shows it nothing", async () => {
    const ask = async (method: string, path: string, headers: Record<string, string>) => {
      const sent = request(`${phone.url}${path}`, {
        method,
        headers: { "content-type": "application/json", ...headers },
      });
      sent.end(method === "POST" ? JSON.stringify(call) : undefined);
      const [response] = await once(sent, "response");
      response.resume();
      return response.statusCode;
    };
    const foreign = [{ origin: "https://evil.example.com" }, { origin: "null" }, { host: "evil.example.com" }];
    for (const headers of foreign as Record<string, string>[]) {
      assert.equal(await ask("POST", "/api/calls", headers), 403);
      assert.equal(await ask("GET", "/api/config", headers), 403);
      assert.equal(await ask("GET", "/", headers), 403);
    }
    assert.equal(await ask("GET", "/api/config", { origin: phone.url }), 200);
  });

  it("places a call and streams its states until the caller hangs up", async () => {
    const linkedId = await place();
    const page = watch(linkedId);
    const ringing = await page.untilIt("ringing");
    // The service is unreachable here.
    assert.equal(ringing.ringsDeskOnly, true);
    assert.deepEqual(
      [ringing.callerName, ringing.callerId, ringing.extens],
      ["홍길동", "01012345678", ["07045144801"]],
    );
    assert.equal((await phone.post(`/api/calls/${linkedId}/give-up`)).status, 204);
    const { endedBy, steps } = await page.untilIt("ended");
    assert.equal(endedBy, "caller");
    assert.equal(steps[0].what, "POST /calls 07045144801");
    page.stop();
  });

  it("answers at the desk phone and hangs up", async () => {
    const linkedId = await place();
    const page = watch(linkedId);
    assert.equal((await phone.post(`/api/calls/${linkedId}/answer-at-desk`)).status, 204);
    const { answeredBy } = await page.untilIt("answered");
    assert.equal(answeredBy, "desk");
    assert.equal((await phone.post(`/api/calls/${linkedId}/hang-up`)).status, 204);
    const { endedBy } = await page.untilIt("ended");
    assert.equal(endedBy, "hung_up");
    page.stop();
  });

  it("supports a withheld caller, and rings several lines once each", async () => {
    const { status, body } = await phone.post("/api/calls", { extens: ["1", "2", "1"] });
    assert.deepEqual([status, body.callerId, body.callerName, body.extens], [201, "", "", ["1", "2"]]);
  });

  it("stops the stream to a page that was closed", async () => {
    await until(() => phone.watchers() === 0);
    const watching = new AbortController();
    await phone.watchCalls(watching.signal).next();
    assert.equal(phone.watchers(), 1);
    watching.abort();
    await until(() => phone.watchers() === 0);
  });

  it("reports an unknown call, and an action that comes too late", async () => {
    const unknown = await phone.post("/api/calls/1.1/hang-up");
    assert.deepEqual([unknown.status, unknown.body.error.code], [404, "unknown_call"]);
    const linkedId = await place();
    const early = await phone.post(`/api/calls/${linkedId}/hang-up`);
    assert.deepEqual([early.status, early.body.error.code], [409, "wrong_state"]);
    await phone.post(`/api/calls/${linkedId}/give-up`);
    const late = await phone.post(`/api/calls/${linkedId}/answer-at-desk`);
    assert.deepEqual([late.status, late.body.error.code], [409, "wrong_state"]);
  });
});

describe("an invalid call", () => {
  const refused = [
    { body: undefined, says: /JSON object/ },
    { body: [call], says: /JSON object/ },
    { body: { ...call, extens: undefined }, says: /extens/ },
    { body: { ...call, extens: [] }, says: /extens/ },
    { body: { ...call, extens: ["07045144801; rm"] }, says: /extens/ },
    { body: { ...call, extens: Array.from({ length: 21 }, (_, index) => String(index)) }, says: /extens/ },
    { body: { ...call, callerName: "x".repeat(256) }, says: /callerName/ },
    { body: { ...call, callerName: "two\nlines" }, says: /callerName/ },
    { body: { ...call, callerId: 1012345678 }, says: /callerId/ },
    { body: { ...call, ringSeconds: 4 }, says: /ringSeconds/ },
    { body: { ...call, ringSeconds: 7.5 }, says: /ringSeconds/ },
    { body: { ...call, ringSeconds: "30" }, says: /ringSeconds/ },
  ];
  for (const { body, says } of refused) {
    it(`is refused with ${String(says)}: ${(JSON.stringify(body) ?? "nothing").slice(0, 80)}`, async () => {
      const answer = await phone.post("/api/calls", body);
      assert.equal(answer.status, 400);
      assert.match(answer.body.error.message, says);
    });
  }

  it("is refused as broken JSON, and as a form that another site could send", async () => {
    for (const type of ["application/json", "text/plain"]) {
      const broken = type === "application/json" ? '{"extens":' : JSON.stringify(call);
      const init = { method: "POST", headers: { "content-type": type }, body: broken };
      const response = await fetch(`${phone.url}/api/calls`, init);
      assert.equal(response.status, 400, type);
      assert.equal(((await response.json()) as any).error.code, "invalid_request");
    }
  });
});
