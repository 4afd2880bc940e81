import assert from "node:assert/strict";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { ops } from "../../admin/run-ops.ts";
import { startFunctions } from "../../support/functions.ts";
import { addLine, addPhone, exten, pushesTo, resetState } from "../../support/line.ts";
import { hour, install, keyOf, setUp, type Setup } from "./setup.ts";

const functions = await startFunctions();
await functions.deliverMessages();
after(() => functions.close());

let setup: Setup;
beforeEach(async () => {
  await resetState(functions);
  setup = await setUp(functions);
});
afterEach(() => setup.close());

/** Runs the operator's command; returns its output. */
async function run(...args: string[]) {
  const { code, out: output, err: errors } = await ops(["pushes", ...args], functions.services);
  return { code, output, errors };
}

async function pushes(...args: string[]) {
  return run(...args, "--project", functions.projectId);
}

/** A push to tokens that FCM refuses, all but the first. */
async function failPartly(id: string, failing = 1): Promise<string[]> {
  const tokens = Array.from({ length: 1 + failing }, () => install(functions));
  for (const token of tokens.slice(1)) functions.fcm.addFault({ match: { token }, error_code: "SENDER_ID_MISMATCH" });
  await setup.post({ id, target: { tokens } });
  await setup.deliver();
  return tokens;
}

describe("npm run ops -- pushes failed", () => {
  it("lists final failures with their reasons, and never a registration", async () => {
    const tokens = await failPartly("p-1", 2);
    await setup.post({ id: "p-2", target: { exten: "0799" } });
    await setup.post({ id: "p-3", target: { token: install(functions) }, expires_at: setup.in(hour) });
    await setup.post({ id: "fine", target: { token: install(functions) } });
    setup.published.splice(setup.published.indexOf(keyOf("p-3")), 1);
    await setup.deliver();
    setup.clock.advance(hour);
    await setup.runMinute();
    const { code, output } = await pushes("failed");
    assert.equal(code, 0);
    const [head, ...rows] = output.trimEnd().split("\n");
    assert.match(head!, /^id +when +state +accepted +failed +why$/);
    assert.deepEqual(
      rows.map((row) => row.split(/ +/).toSpliced(1, 1)),
      [
        ["pbx-1~p-1", "partly_sent", "1", "2", "SENDER_ID_MISMATCH", "×2"],
        ["pbx-1~p-2", "failed", "0", "0", "no_devices"],
        ["pbx-1~p-3", "expired", "0", "1", "expired"],
      ],
    );
    const { output: json } = await pushes("failed", "--json");
    assert.deepEqual(
      JSON.parse(json).map(({ id, state, accepted, failed, codes }: any) => ({
        id,
        state,
        accepted,
        failed,
        codes,
      }))[0],
      { id: "pbx-1~p-1", state: "partly_sent", accepted: 1, failed: 2, codes: { SENDER_ID_MISMATCH: 2 } },
    );
    assert.deepEqual(
      tokens.filter((token) => (output + json).includes(token)),
      [],
    );
  });

  it("looks back as far as --since says", async () => {
    await failPartly("p-1");
    await functions.services.db.doc("pushes/pbx-1~p-1").update({ failedAt: new Date(Date.now() - 3 * hour) });
    const { code, output, errors } = await pushes("failed", "--since", "90m");
    assert.deepEqual([code, output, errors], [0, "No failures in that time.\n", ""]);
    assert.equal((await pushes("failed", "--since", "90m", "--json")).output, "[]\n");
    assert.match((await pushes("failed", "--since", "4h")).output, /p-1/);
  });
});

describe("npm run ops -- pushes resend", () => {
  it("sends again only to the failed recipients, and the push is sent then", async () => {
    const [first, second] = await failPartly("p-1");
    const { code, output } = await pushes("resend", "pbx-1~p-1");
    assert.deepEqual([code, output], [0, "pbx-1~p-1: queued\n"]);
    await functions.settleMessages();
    const { state, result } = await setup.shown("p-1");
    assert.deepEqual([state, result], ["sent", { accepted: 2, failed: 0, errors: [] }]);
    assert.deepEqual([pushesTo(functions, first!).length, pushesTo(functions, second!).length], [1, 1]);
    assert.equal((await pushes("failed")).output, "No failures in that time.\n");
  });

  it("gives an expired push four more hours", async () => {
    const token = install(functions);
    await setup.post({ id: "p-1", target: { token }, expires_at: setup.in(hour) });
    setup.clock.advance(hour);
    await setup.runMinute();
    assert.equal((await setup.shown("p-1")).state, "expired");
    await pushes("resend", "pbx-1~p-1");
    await functions.settleMessages();
    assert.equal((await setup.shown("p-1")).state, "sent");
    assert.match(pushesTo(functions, token)[0].android.ttl, /^14\d{3}s$/);
  });

  it("looks again for the phones of an exten that had none", async () => {
    await addLine(functions, 0);
    await setup.post({ id: "p-1", target: { exten } });
    await setup.deliver();
    const token = await addPhone(functions, "phone-1");
    await pushes("resend", "pbx-1~p-1");
    await functions.settleMessages();
    assert.deepEqual([(await setup.shown("p-1")).state, pushesTo(functions, token).length], ["sent", 1]);
  });

  it("reports pushes that it could not send again, and sends the others", async () => {
    const [, second] = await failPartly("p-1");
    await setup.post({ id: "fine", target: { token: install(functions) } });
    await setup.deliver();
    const { code, output, errors } = await pushes("resend", "pbx-1~fine", "pbx-1~p-1", "pbx-2~p-1");
    assert.equal(code, 1);
    assert.equal(errors, "");
    assert.match(output, /^pbx-1~fine: nothing to resend.*\npbx-1~p-1: queued\npbx-2~p-1: no such push.*\n$/);
    await functions.settleMessages();
    assert.equal(pushesTo(functions, second!).length, 1);
  });
});

describe("npm run ops -- pushes", () => {
  it("has a help text", async () => {
    const { code, output } = await run("--help");
    assert.equal(code, 0);
    assert.match(output, /failed .*\n[^]*resend <ids\.\.\.>/);
  });

  const wrong: readonly (readonly [what: string, args: readonly string[], answer: RegExp])[] = [
    ["no push", ["resend", "--project", "demo-x"], /Missing required argument 'ids'/],
    ["an invalid project", ["failed", "--project", "X"], /X is not a project id/],
    ["an invalid id", ["resend", "a/b", "--project", "demo-x"], /a\/b/],
    ["an id without its PBX", ["resend", "p-1", "--project", "demo-x"], /<pbx>~<id>/],
    ["an invalid age", ["failed", "--since", "yesterday", "--project", "demo-x"], /90m, 24h or 7d/],
  ];
  for (const [what, args, answer] of wrong) {
    it(`answers ${what} with a line and exit code 2`, async () => {
      const { code, output, errors } = await run(...args);
      assert.deepEqual([code, output], [2, ""]);
      assert.match(errors, answer);
      assert.equal(errors.trimEnd().split("\n").length, 1, errors);
    });
  }
});
