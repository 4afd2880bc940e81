import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { savePbxKey } from "../../harness/pbx-keys.ts";
import { findLockout } from "../../admin/deploy/find-lockout.ts";
import { pbxKeysRef } from "../../functions/src/keys/key-document.ts";
import { startFunctions } from "../support/functions.ts";
import { resetState } from "../support/line.ts";

const functions = await startFunctions();
after(() => functions.close());

const { services } = functions;
const { db } = services;

beforeEach(async () => {
  await resetState(functions);
  for (const { ref } of (await pbxKeysRef(db).get()).docs) await ref.delete();
});

const past = new Date(Date.now() - 60_000);
const useless: Record<string, object> = {
  revoked: { revokedAt: past },
  expired: { expiresAt: past },
  unusable: { scope: "calls" },
  "the doctor's own": { pbxId: "doctor", scopes: ["keys"] },
};

describe("the check before a deployment", () => {
  it("finds that no key works: it counts no key that is useless to a PBX", async () => {
    assert.equal(await findLockout(services), undefined);
    await db.doc("lines/1001").set({ uid: "alice" });
    for (const [what, fields] of Object.entries(useless)) {
      await savePbxKey(db, what, fields);
      assert.match(String(await findLockout(services)), /no PBX key that works/, what);
    }
    await savePbxKey(db, "of a PBX", { scopes: ["calls"], expiresAt: new Date(Date.now() + 60_000) } as object);
    assert.equal(await findLockout(services), undefined);
  });
});
