import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { alice, mallory, startFunctions } from "../../support/functions.ts";
import { devicePath } from "../../support/line.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(async () => {
  await functions.clearDatabase();
});

async function extensOf(path: string) {
  return (await functions.services.db.doc(path).get()).get("extens");
}

const phone = {
  deviceId: "phone-1",
  platform: "android",
  registration: { kind: "token", value: "a-registration-token-of-alice" },
};

describe("PUT /lines/{exten}", () => {
  it("gives the exten to a user and to the user's phones", async () => {
    await functions.call("registerDevice", alice, phone);
    const answer = await functions.pbx("PUT", "/lines/07045144801", { uid: "alice" });
    assert.deepEqual([answer.status, answer.body], [200, { exten: "07045144801", uid: "alice" }]);
    assert.deepEqual(await extensOf("users/alice"), ["07045144801"]);
    assert.deepEqual(await extensOf(devicePath("phone-1")), ["07045144801"]);
  });

  it("gives the user's extens to a phone that registers later", async () => {
    await functions.pbx("PUT", "/lines/0701", { uid: "alice" });
    await functions.pbx("PUT", "/lines/*82%23", { uid: "alice" });
    const answer = await functions.call("registerDevice", alice, phone);
    assert.deepEqual(answer.body.result.extens, ["0701", "*82#"]);
  });

  it("finds the user by email", async () => {
    const answer = await functions.pbx("PUT", "/lines/0701", { email: "alice@example.com" });
    assert.deepEqual(answer.body, { exten: "0701", uid: "alice" });
  });

  it("answers 404 unknown_user for an unknown email", async () => {
    const answer = await functions.pbx("PUT", "/lines/0701", { email: "nobody@example.com" });
    assert.deepEqual([answer.status, answer.body.error.code], [404, "unknown_user"]);
    assert.equal((await functions.pbx("GET", "/lines/0701")).status, 404);
  });

  it("answers 409 unverified_email for an email that may be another person's, and takes that user's uid", async () => {
    const answer = await functions.pbx("PUT", "/lines/0701", { email: mallory.email });
    assert.deepEqual([answer.status, answer.body.error.code], [409, "unverified_email"]);
    assert.equal((await functions.pbx("GET", "/lines/0701")).status, 404);
    assert.equal((await functions.pbx("PUT", "/lines/0701", { uid: mallory.uid })).status, 200);
  });

  it("takes it from its former owner, and from their phones", async () => {
    await functions.call("registerDevice", alice, phone);
    await functions.pbx("PUT", "/lines/0701", { uid: "alice" });
    await functions.pbx("PUT", "/lines/0702", { uid: "alice" });
    await functions.pbx("PUT", "/lines/0701", { uid: "bob" });
    assert.deepEqual(await extensOf("users/alice"), ["0702"]);
    assert.deepEqual(await extensOf(devicePath("phone-1")), ["0702"]);
    assert.deepEqual(await extensOf("users/bob"), ["0701"]);
  });

  it("changes nothing when repeated", async () => {
    await functions.pbx("PUT", "/lines/0701", { uid: "alice" });
    await functions.pbx("PUT", "/lines/0701", { uid: "alice" });
    assert.deepEqual(await extensOf("users/alice"), ["0701"]);
  });

  it("keeps the settings that the user saved", async () => {
    await functions.services.db.doc("users/alice").set({ serverAddress: "pbx.example.com" });
    await functions.pbx("PUT", "/lines/0701", { uid: "alice" });
    assert.equal((await functions.services.db.doc("users/alice").get()).get("serverAddress"), "pbx.example.com");
  });

  it("loses nothing when many extens are assigned, and a phone registers, at once", async () => {
    const extens = Array.from({ length: 8 }, (_, index) => `070${index}`);
    await Promise.all([
      ...extens.map((exten) => functions.pbx("PUT", `/lines/${exten}`, { uid: "alice" })),
      functions.call("registerDevice", alice, phone),
    ]);
    assert.deepEqual((await extensOf("users/alice")).toSorted(), extens);
    assert.deepEqual((await extensOf(devicePath("phone-1"))).toSorted(), extens);
  });
});

describe("GET and DELETE /lines/{exten}", () => {
  it("return the owner, and remove it", async () => {
    await functions.call("registerDevice", alice, phone);
    await functions.pbx("PUT", "/lines/+82701", { uid: "alice" });
    assert.deepEqual((await functions.pbx("GET", "/lines/+82701")).body, { exten: "+82701", uid: "alice" });
    assert.deepEqual((await functions.pbx("DELETE", "/lines/+82701")).body, { exten: "+82701", uid: "alice" });
    assert.equal((await functions.pbx("GET", "/lines/+82701")).body.error.code, "unknown_line");
    assert.deepEqual(await extensOf("users/alice"), []);
    assert.deepEqual(await extensOf(devicePath("phone-1")), []);
  });

  it("compare an exten as written", async () => {
    await functions.pbx("PUT", "/lines/+82701", { uid: "alice" });
    assert.equal((await functions.pbx("GET", "/lines/0701")).status, 404);
  });

  it("answer 404 for an exten without an owner", async () => {
    assert.equal((await functions.pbx("GET", "/lines/0709")).body.error.code, "unknown_line");
    assert.equal((await functions.pbx("DELETE", "/lines/0709")).body.error.code, "unknown_line");
    assert.equal((await functions.pbx("GET", "/lines/0709?format=text")).text, "ERROR unknown_line\n");
  });
});
