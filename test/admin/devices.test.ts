import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { alice, bob, startFunctions } from "../support/functions.ts";
import { addLine, addPhone, devicePath, exten, resetState } from "../support/line.ts";
import { ops } from "./run-ops.ts";

const functions = await startFunctions({ AUDIENCE_SHARDS: "1" });
after(() => functions.close());

const { db } = functions.services;
const devices = (...args: string[]) => ops(["devices", ...args, "--project", functions.projectId], functions.services);
const idsOf = async (...args: string[]) =>
  (await devices("list", ...args, "--json")).json.map((one: any) => one.deviceId);

let tokens: string[];
beforeEach(async () => {
  await resetState(functions);
  tokens = [...(await addLine(functions, 2)), await addPhone(functions, "phone-b", bob)];
});

describe("devices list", () => {
  it("lists devices, with only the beginning of each registration", async () => {
    const { code, out } = await devices("list");
    assert.equal(code, 0);
    assert.match(out, /^device +uid +extens +platform +registration +seen\n/);
    assert.match(out, /\nphone-1 +alice +07045144801 +android +token:.{8}… +\d{4}-\d\d-\d\dT\S+Z\n/);
    const printed = out + (await devices("list", "--json")).out;
    for (const token of tokens) assert.ok(!printed.includes(token.slice(0, 12)));
  });

  it("filters by user, by exten, and by how long a device is unseen", async () => {
    await db.doc(devicePath("phone-2")).update({ stale: true });
    assert.deepEqual(await idsOf("--user", bob.uid), ["phone-b"]);
    assert.deepEqual(await idsOf("--exten", exten), ["phone-1", "phone-2"]);
    assert.deepEqual(await idsOf("--stale"), ["phone-2"]);
    assert.deepEqual(await idsOf("--stale", "--user", bob.uid), []);
    assert.deepEqual(await idsOf("--user", alice.email), await idsOf("--user", alice.uid));
    assert.equal((await devices("list", "--user", "nobody")).out, "No device found.\n");
    assert.equal((await devices("list", "--user", "nobody@example.com")).err, "There is no user nobody@example.com\n");
  });

  it("reports that there are more devices than it has shown", async () => {
    assert.deepEqual((await devices("list", "--limit", "3")).err, "");
    const { out, err } = await devices("list", "--limit", "2");
    assert.equal(out.trimEnd().split("\n").length, 3);
    assert.equal(err, "There are more than 2 devices: raise --limit.\n");
    assert.equal((await devices("list", "--limit", "x")).code, 2);
  });
});

describe("devices forget", () => {
  it("forgets a device everywhere, whichever user has it", async () => {
    const { code, out } = await devices("forget", "phone-1");
    assert.equal(code, 0);
    assert.match(out, /^phone-1 of alice \(token:.{8}…\) is forgotten\.\n$/);
    assert.deepEqual(await idsOf("--user", alice.uid), ["phone-2"]);
    const packed = (await db.doc("audience/0").get()).get("devices");
    const left = [devicePath("phone-2"), devicePath("phone-b", bob)].map((path) => path.split("/").at(-1)!);
    assert.deepEqual(new Set(Object.keys(packed)), new Set(left));
  });

  it("asks for the user if several have a device with this id", async () => {
    await addPhone(functions, "phone-1", bob);
    const { code, err } = await devices("forget", "phone-1");
    assert.deepEqual([code, err], [1, "Several users have a device phone-1: give --user alice or --user bob\n"]);
    assert.equal((await devices("forget", "phone-1", "--user", "mallory")).err, "There is no device phone-1\n");
    const { out } = await devices("forget", "phone-1", "--user", bob.email);
    assert.match(out, /^phone-1 of bob /);
    assert.deepEqual(await idsOf("--user", alice.uid), ["phone-1", "phone-2"]);
  });

  it("reports an unknown device", async () => {
    assert.deepEqual(await devices("forget", "phone-9").then(({ code, err }) => [code, err]), [
      1,
      "There is no device phone-9\n",
    ]);
    for (const id of ["phone/1", "", "..", "__x__"]) {
      for (const command of [
        ["devices", "forget", id],
        ["send", id],
      ]) {
        const { code, err } = await ops(command);
        assert.equal(code, 2, command.join(" "));
        assert.match(err, /^device id "[^\n]* must [^\n]+\(see --help\)\n$/);
      }
    }
  });
});
