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
/** Records a ring as the service does. */
async function record(ringId: string, minute: number, more: object): Promise<void> {
  const createdAt = Timestamp.fromDate(new Date(Date.UTC(2026, 10, 22, 4, minute)));
  await db.doc(`rings/${ringId}`).set({
    callKey: `pbx-1~${ringId}`,
    uid: "alice",
    exten: "07045144801",
    callerId: "01012345678",
    callerName: "홍길동",
    phones: {},
    status: "ended",
    createdAt,
    ringEndsAt: createdAt,
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

  it("lists the user's own calls, newest first, with their outcomes", async () => {
    await record("ring-1", 1, { endReason: "cancelled" });
    await record("ring-2", 3, { endReason: "answered", phones: { "phone-2": { state: "answered" } } });
    await record("ring-3", 2, { uid: "bob", endReason: "missed" });
    await record("ring-4", 4, { status: "ready", phones: { "phone-1": { state: "ready" } } });
    await record("ring-5", 5, { endReason: "missed", callKey: "pbx-1~ring-1" });
    const { status, body } = await ask(`Bearer ${issueIdToken(config.projectId, alice)}`);
    assert.equal(status, 200);
    assert.deepEqual(
      body.calls.map((call: any) => [call.callId, call.status, call.endReason, call.answeredBy, call.rings]),
      [
        ["ring-5", "ended", "missed", undefined, 2],
        ["ring-4", "ended", "missed", undefined, 1],
        ["ring-2", "ended", "answered", "phone-2", 1],
      ],
    );
    const { callerId, callerName, extens, createdAt } = body.calls[1];
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

  it("is refused without a valid ID token", async () => {
    const unknown = `Bearer ${issueIdToken(config.projectId, stranger)}`;
    const otherProject = `Bearer ${issueIdToken("another-project", alice)}`;
    for (const authorization of [undefined, "Bearer nonsense", "Basic YTpi", unknown, otherProject]) {
      const { status, body } = await ask(authorization);
      assert.deepEqual([status, body.error.code], [401, "unauthenticated"], authorization);
    }
  });
});
