import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Firestore, Timestamp } from "@google-cloud/firestore";
import { deployedIndexes } from "../../../local/firestore/index-config.ts";
import { startFirestoreServer } from "../../../local/firestore/server.ts";
import { issueIdToken, startIdentityServer, type Person } from "../../support/identity.ts";
import { config, startPhone, type RunningPhone } from "./running-phone.ts";

const alice: Person = { uid: "alice", email: "alice@example.com" };
const stranger: Person = { uid: "stranger", email: "stranger@example.com" };

let phone: RunningPhone;
let db: Firestore;
const closing: (() => unknown)[] = [];
/** Records a call as the service does. */
async function record(callId: string, minute: number, more: object): Promise<void> {
  const createdAt = Timestamp.fromDate(new Date(Date.UTC(2026, 10, 22, 4, minute)));
  await db.doc(`calls/${callId}`).set({
    uids: ["alice"],
    callerId: "01012345678",
    callerName: "홍길동",
    extens: { "07045144801": {} },
    devices: {},
    status: "ended",
    createdAt,
    ...more,
  });
}

async function ask(authorization?: string): Promise<{ status: number; body: any }> {
  const init = authorization === undefined ? {} : { headers: { authorization } };
  const response = await fetch(`${phone.url}/api/history`, init);
  return { status: response.status, body: await response.json() };
}

describe("the call history", () => {
  before(async () => {
    const [firestore, identity] = await Promise.all([
      startFirestoreServer({ indexes: deployedIndexes }),
      startIdentityServer([alice]),
    ]);
    const authUrl = `http://${identity.host}`;
    phone = await startPhone({ config: { ...config, authUrl }, firestoreHost: firestore.host });
    db = new Firestore({ projectId: config.projectId, host: firestore.host, ssl: false });
    closing.push(
      () => phone.close(),
      () => db.terminate(),
      () => firestore.close(),
      () => identity.close(),
    );
  });
  after(async () => {
    for (const close of closing) await close();
  });

  it("is the user's own calls, newest first, with what became of them", async () => {
    await record("pbx-1~1.1", 1, { endReason: "cancelled" });
    await record("pbx-1~1.2", 3, { endReason: "answered", devices: { "phone-2": { state: "answered" } } });
    await record("pbx-1~1.3", 2, { uids: ["bob"], endReason: "missed" });
    await record("pbx-1~1.4", 4, {
      uids: ["bob", "alice"],
      status: "ready",
      devices: { "phone-1": { state: "ready" } },
    });
    const { status, body } = await ask(`Bearer ${issueIdToken(config.projectId, alice)}`);
    assert.equal(status, 200);
    assert.deepEqual(
      body.calls.map((call: any) => [call.callId, call.status, call.endReason, call.answeredBy]),
      [
        ["pbx-1~1.4", "ready", undefined, undefined],
        ["pbx-1~1.2", "ended", "answered", "phone-2"],
        ["pbx-1~1.1", "ended", "cancelled", undefined],
      ],
    );
    const { callerId, callerName, extens, createdAt } = body.calls[0];
    assert.deepEqual(
      { callerId, callerName, extens, createdAt },
      {
        callerId: "01012345678",
        callerName: "홍길동",
        extens: ["07045144801"],
        createdAt: "2026-11-22T04:04:00.000Z",
      },
    );
  });

  it("is for nobody without a good ID token", async () => {
    const unknown = `Bearer ${issueIdToken(config.projectId, stranger)}`;
    const otherProject = `Bearer ${issueIdToken("another-project", alice)}`;
    for (const authorization of [undefined, "Bearer nonsense", "Basic YTpi", unknown, otherProject]) {
      const { status, body } = await ask(authorization);
      assert.deepEqual([status, body.error.code], [401, "unauthenticated"], authorization);
    }
  });
});
