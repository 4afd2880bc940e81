import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, beforeEach, describe, it } from "node:test";
import { startCountingFirestore } from "../../support/counting-firestore.ts";
import { alice, startFunctions } from "../../support/functions.ts";
import { until } from "../../support/until.ts";
import { addPhone, pushesTo } from "../../support/line.ts";

const firestore = await startCountingFirestore();
const functions = await startFunctions({ FIRESTORE_EMULATOR_HOST: firestore.host });
after(async () => {
  await functions.close();
  await firestore.close();
});

const page = await readFile(join(import.meta.dirname, "../../../docs/rings.md"), "utf8");
const [, costs = ""] = page.split("## What it costs\n");
const rows = new Map(
  [...costs.matchAll(/^\| (.+?) +\| (\d+) +\|/gm)].map(([, request = "", count]) => [request, Number(count)]),
);

const call_id = "1763712000.17";
let token = "";

beforeEach(async () => {
  firestore.clearDocuments();
  await functions.saveKeys();
  functions.fcm.clearMessages();
  await functions.pbx("PUT", "/lines/101", { uid: alice.uid });
  token = await addPhone(functions, "phone-1");
});

async function announce(ring_id?: string, exten = "101"): Promise<void> {
  const { text, status } = await functions.pbx("POST", "/calls", { call_id, exten, ...(ring_id && { ring_id }) });
  assert.ok(status === 200 || exten === "103", text);
}

async function end(named: object): Promise<void> {
  assert.equal((await functions.pbx("POST", `/calls/${call_id}/end`, named)).status, 200);
}

async function report(event: string): Promise<void> {
  const [{ data }] = pushesTo(functions, token) as [{ data: { callId: string } }];
  const { status } = await functions.call("reportCall", alice, { callId: data.callId, deviceId: "phone-1", event });
  assert.equal(status, 200);
}

async function addThree(): Promise<void> {
  for (const deviceId of ["phone-2", "phone-3", "phone-4"]) await addPhone(functions, deviceId);
}

async function addExten(): Promise<void> {
  await functions.pbx("PUT", "/lines/102", { uid: alice.uid });
}

/** For each row of the table, the request, and what precedes it. */
const requests: Record<string, { readonly before?: () => Promise<void>; readonly run: () => Promise<unknown> }> = {
  "`POST /calls` with a new `ring_id`": { run: async () => announce("r1") },
  "… for four phones": { before: addThree, run: async () => announce("r1") },
  "… for four phones, one of which keeps FCM busy half a second longer": {
    before: async () => {
      await addThree();
      functions.fcm.addFault({ match: { token }, status: 200, delay_ms: 700 });
    },
    run: async () => announce("r1"),
  },
  "… and `reportCall`, when that comes before FCM's answer is recorded": {
    before: async () => {
      functions.fcm.addFault({ match: { token }, status: 200, delay_ms: 300 });
    },
    run: async () => {
      const announced = announce("r1");
      await until(() => pushesTo(functions, token).length > 0);
      await report("received");
      await announced;
    },
  },
  "… for a user with several extens": { before: addExten, run: async () => announce("r1") },
  "… for an exten without a phone": { run: async () => announce("r1", "103") },
  "`POST /calls` without a `ring_id`": { run: async () => announce() },
  "… with a new `ring_id`, when the exten rang without one before": {
    before: async () => {
      await announce();
      await end({ exten: "101" });
    },
    run: async () => announce("r2"),
  },
  "`POST /calls` again, when a phone was reached": {
    before: async () => announce("r1"),
    run: async () => announce("r1"),
  },
  "`POST /calls` for an exten whose ring joins another": {
    before: async () => {
      await addExten();
      await announce("r1");
    },
    run: async () => announce("r1", "102"),
  },
  "`reportCall`": { before: async () => announce("r1"), run: async () => report("received") },
  "`reportCall` again": {
    before: async () => {
      await announce("r1");
      await report("received");
    },
    run: async () => report("received"),
  },
  "`reportCall` of an answer": { before: async () => announce("r1"), run: async () => report("answered") },
  "`POST /calls/{call_id}/end` with a `ring_id`": {
    before: async () => announce("r1"),
    run: async () => end({ ring_id: "r1" }),
  },
  "`POST /calls/{call_id}/end` with an `exten`": {
    before: async () => announce("r1"),
    run: async () => end({ exten: "101" }),
  },
  "`POST /calls/{call_id}/end` of the call": { before: async () => announce("r1"), run: async () => end({}) },
  "`POST /calls/{call_id}/end` again, with the `ring_id`": {
    before: async () => {
      await announce("r1");
      await end({ ring_id: "r1" });
    },
    run: async () => end({ ring_id: "r1" }),
  },
  "`GET /calls/{call_id}`": {
    before: async () => announce("r1"),
    run: async () => functions.pbx("GET", `/calls/${call_id}`),
  },
};

describe("the cost of a request in docs/rings.md", () => {
  for (const [name, { before, run }] of Object.entries(requests)) {
    it(name, async () => {
      await before?.();
      firestore.clearCounts();
      await run();
      assert.equal(firestore.requests(), rows.get(name));
    });
  }

  it("covers the same requests as this test", () => {
    assert.deepEqual([...rows.keys()].toSorted(), Object.keys(requests).toSorted());
  });
});
