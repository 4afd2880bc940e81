import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { startFunctions } from "../support/functions.ts";
import { resetState } from "../support/line.ts";
import { ops } from "./run-ops.ts";
import { askLater, at, saveRing } from "./stored-rings.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(() => resetState(functions));

const { db } = functions.services;
const why = (...args: string[]) =>
  ops(["calls", "why", ...args, "--project", functions.projectId], askLater(functions));
const exten = "07045144801";
const asked = ["--exten", exten, "--at", "14:03", "--pbx", "pbx-9", "--json"];
const hourMs = 3_600_000;

/** A key of a PBX, made a year before unless the fields say otherwise. */
async function saveKey(name: string, fields: object = {}, pbxId = "pbx-9"): Promise<void> {
  await db.doc(`pbxKeys/${name}`).set({ pbxId, scopes: ["calls"], createdAt: at(-8760 * hourMs), ...fields });
}

const causeOf = async (...args: string[]): Promise<string> => (await why(...args)).json.cause;

describe("calls why, of a call that the service has refused", () => {
  it("blames the key that had expired, though a new one was made after the call", async () => {
    await saveKey("old", { expiresAt: at(-hourMs) });
    await saveKey("new", { createdAt: at(60_000), lastUsedAt: at(120_000) });
    assert.equal(await causeOf(...asked), "key_expired");
  });

  it("blames it, though a new key was made before, and the PBX has never used that", async () => {
    await saveKey("old", { expiresAt: at(-hourMs), lastUsedAt: at(-2 * hourMs) });
    await saveKey("new", { createdAt: at(-25 * hourMs) });
    assert.equal(await causeOf(...asked), "key_expired");
    await saveKey("new", { createdAt: at(-25 * hourMs), lastUsedAt: at(-3 * hourMs) });
    assert.equal(await causeOf(...asked), "not_announced");
  });

  it("blames what came first: a key that was revoked after it had expired", async () => {
    await saveKey("old", { expiresAt: at(-2 * hourMs), revokedAt: at(-hourMs) });
    assert.equal(await causeOf(...asked), "key_expired");
    await saveKey("old", { expiresAt: at(-hourMs), revokedAt: at(-2 * hourMs) });
    assert.equal(await causeOf(...asked), "key_revoked");
  });

  it("blames a key that may not ring the number, or not ring at all", async () => {
    await saveKey("narrow", { extens: ["02*"] });
    assert.equal(await causeOf(...asked), "key_refused");
    await saveKey("narrow", { extens: ["02*", "0704514*"] });
    assert.equal(await causeOf(...asked), "not_announced");
    await saveKey("narrow", { scopes: ["send"] });
    assert.equal(await causeOf(...asked), "key_refused");
    // Its PBX dials what follows the prefix.
    await saveKey("narrow", { extens: ["4801"], extenPrefix: "0704514" });
    assert.equal(await causeOf(...asked), "not_announced");
    // The PBX may have written the number in another way.
    await saveKey("narrow", { extens: ["+8270*"] });
    assert.equal(await causeOf(...asked), "not_announced");
  });

  it("blames the key that ended last, where the PBX is not known", async () => {
    await db.recursiveDelete(db.collection("pbxKeys"));
    await saveKey("a", { expiresAt: at(-5000 * hourMs) }, "pbx-a");
    await saveKey("b", { revokedAt: at(-hourMs) }, "pbx-b");
    const { json } = await why("--exten", exten, "--at", "14:03", "--json");
    assert.equal(json.cause, "key_revoked");
    assert.match(json.says.en, /pbx-b/);
  });

  it("says that a PBX of that name had no key", async () => {
    const { json, err } = await why(...asked.map((one) => (one === "pbx-9" ? "pbx-99" : one)));
    assert.equal(json.cause, "not_announced");
    assert.match(err, /^No key of a PBX pbx-99 is on record/);
  });

  it("says no time where nobody has said one", async () => {
    await saveKey("old", { expiresAt: at(-hourMs) });
    const { json, out } = await why("--exten", exten, "--pbx", "pbx-9", "--json");
    assert.equal(json.cause, "key_expired");
    assert.equal(json.at, undefined);
    assert.doesNotMatch(`${json.says.ko} ${json.says.en}`, /\d\d:\d\d/);
    assert.doesNotMatch(out, /"at"/);
    assert.match(json.says.en, /^This call is not on record: the key of the PBX pbx-9 had expired 1 hour ago/);
    assert.doesNotMatch((await why("--exten", exten, "--pbx", "pbx-9")).out, /\d\d:\d\d/);
  });
});

describe("calls why, of a ring of an earlier version", () => {
  it("says that the user had no phone, where the number had its line then", async () => {
    const nobody = { phones: {}, uid: undefined, answer: { status: "no_devices", devices: 0, accepted: 0 } } as const;
    await db.doc(`lines/${exten}`).set({ uid: "alice" });
    await saveRing(functions, "asked", nobody);
    assert.equal((await why("--exten", exten, "--at", "14:03", "--json")).json[0].cause, "no_device");
    await db.doc(`lines/${exten}`).delete();
    assert.equal((await why("--exten", exten, "--at", "14:03", "--json")).json[0].cause, "no_line");
  });
});
