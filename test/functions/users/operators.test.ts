import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { judgeOperator } from "../../../functions/src/users/operators.ts";
import { ops } from "../../admin/run-ops.ts";
import { askAs } from "../../support/console.ts";
import { alice, bob, mallory, olga, startFunctions } from "../../support/functions.ts";

const functions = await startFunctions();
after(() => functions.close());
const { services, projectId } = functions;
const run = async (...args: string[]) => ops(["operators", ...args, "--project", projectId], services);
const nextYear = Math.floor(Date.now() / 1000) + 365 * 24 * 3600;

describe("operators", () => {
  it("are made, listed and dismissed, by email or uid", async () => {
    assert.deepEqual((await run("list", "--json")).json, [{ uid: "olga", email: olga.email }]);
    const added = await run("add", "Alice@example.com");
    assert.deepEqual(
      [added.code, added.out],
      [0, "alice@example.com may use the console, after the next login there.\n"],
    );
    assert.equal((await askAs(functions, { ...alice, operator: true })("session")).uid, "alice");
    assert.equal((await run("list", "--json")).json.length, 2);
    const removed = await run("remove", "alice", "--json");
    assert.deepEqual(removed.json, { uid: "alice", operator: false, wasOperator: true });
    await assert.rejects(askAs(functions, { ...alice, operator: true })("session"), /answered 40[13]/);
    assert.match((await run("remove", "bob")).out, /^bob@example\.com was no operator/);
  });

  it("are named by a verified email only: anybody can sign up with another person's", async () => {
    const { code, err } = await run("add", mallory.email);
    assert.equal(code, 1);
    assert.match(err, /not verified; if it is theirs, name the uid: mallory/);
    assert.equal((await run("add", "nobody@example.com")).code, 1);
  });

  it("lose their logins with the right", async () => {
    await run("add", bob.uid);
    assert.deepEqual(await judgeOperator(services, bob.uid, nextYear), { uid: bob.uid, email: bob.email });
    await services.auth.revokeRefreshTokens(bob.uid);
    const lastYear = nextYear - 2 * 365 * 24 * 3600;
    assert.equal(await judgeOperator(services, bob.uid, lastYear), "revoked");
    await run("remove", bob.uid);
    assert.equal(await judgeOperator(services, bob.uid, nextYear), "no_operator");
    assert.equal(await judgeOperator(services, "nobody", nextYear), "no_operator");
  });

  it("keep their other claims", async () => {
    await services.auth.setCustomUserClaims(bob.uid, { tenant: "seoul" });
    await run("add", bob.uid);
    assert.deepEqual((await services.auth.getUser(bob.uid)).customClaims, { tenant: "seoul", operator: true });
    await run("remove", bob.uid);
    assert.deepEqual((await services.auth.getUser(bob.uid)).customClaims, { tenant: "seoul" });
  });

  it("are made and dismissed on record, by uid", async () => {
    const { docs } = await services.db
      .collection("audit")
      .where("what", "in", ["operators add", "operators remove"])
      .get();
    const subjects = docs.map((doc) => doc.get("subject").user);
    assert.ok(subjects.length > 0 && subjects.every((user) => !user.includes("@")));
    assert.ok(docs.every((doc) => doc.get("outcome") === "done"));
  });
});
