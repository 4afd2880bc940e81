import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { alice, bob, startFunctions, type Person } from "../../support/functions.ts";
import { beforeTransaction, changeDatabase, withFailing } from "../../support/failing-services.ts";
import { addPhone, devicePath, pushesTo, resetState } from "../../support/line.ts";
import { until } from "../../support/until.ts";
import { eraseUser } from "../../../functions/src/users/erase-user.ts";
import { ops } from "../../admin/run-ops.ts";

/** Who Auth has; tests change it. */
const people: Person[] = [];
const functions = await startFunctions({}, people);
after(() => functions.close());
const { db } = functions.services;
const tokens = { alice: "", bob: "" };

const call = { call_id: "1.1", caller_id: "01012345678", caller_name: "홍길동" };

/** Alice and Bob each have a line, a phone, settings, a muted campaign, a call in the history and a reserved push. */
beforeEach(async () => {
  people.splice(0, people.length, alice, bob);
  await resetState(functions);
  for (const [nth, person] of [alice, bob].entries()) {
    const exten = `070${nth}`;
    await functions.pbx("PUT", `/lines/${exten}`, { uid: person.uid });
    tokens[person.uid as "alice" | "bob"] = await addPhone(functions, `${person.uid}s-phone`, person);
    await db.doc(`users/${person.uid}`).set({ serverAddress: `${person.uid}.example.com` }, { merge: true });
    await functions.pbx("POST", "/calls", { ...call, exten, ring_id: `r${nth}` });
    await functions.pbx("POST", `/calls/${call.call_id}/end`, { ring_id: `r${nth}` });
    const reserved_at = new Date(Date.now() + 3_600_000).toISOString();
    await functions.pbx("POST", "/pushes", { id: `p${nth}`, target: { uid: person.uid }, title: "a", reserved_at });
  }
});

/** All documents that name a user or a registration of theirs, but for the audit. */
async function tracesOf(uid: "alice" | "bob"): Promise<string[]> {
  const collections = (await db.listCollections()).filter(({ id }) => id !== "audit");
  const documents = (await Promise.all(collections.map(async (one) => (await one.get()).docs))).flat();
  return documents
    .filter((one) => [uid, tokens[uid]].some((trace) => `${one.id} ${JSON.stringify(one.data())}`.includes(trace)))
    .map(({ ref }) => ref.path.split("/")[0]!)
    .toSorted();
}

const everything = ["audience", "devices", "lines", "pushes", "rings", "users"];

const wake = async (exten: string, ring_id = "later") => functions.pbx("POST", "/calls", { ...call, exten, ring_id });

describe("eraseMyData", () => {
  it("erases everything of its user, and nothing of another's, also if its input names one", async () => {
    assert.deepEqual([...new Set(await tracesOf("alice"))], everything);
    const before = await tracesOf("bob");
    const { status, body } = await functions.call("eraseMyData", alice, { uid: bob.uid, email: bob.email });
    assert.deepEqual([status, body.result], [200, { erased: { lines: 1, devices: 1, rings: 1, pushes: 1 } }]);
    assert.deepEqual(await tracesOf("alice"), []);
    assert.deepEqual(await tracesOf("bob"), before);
    assert.equal((await wake("0700")).body.error.code, "no_devices");
    assert.equal((await wake("0701")).body.accepted, 1);
  });

  it("finds nothing the second time, and needs a login", async () => {
    await functions.call("eraseMyData", alice, {});
    const { body } = await functions.call("eraseMyData", alice, {});
    assert.deepEqual(body.result, { erased: { lines: 0, devices: 0, rings: 0, pushes: 0 } });
    assert.equal((await functions.call("eraseMyData", undefined, {})).status, 401);
  });

  it("releases no line that the PBX gives to another user meanwhile", async () => {
    for (let moment = 1; moment <= 2; moment += 1) {
      for (const exten of ["0710", "0711"]) await functions.pbx("PUT", `/lines/${exten}`, { uid: "alice" });
      const give = async () => functions.pbx("PUT", "/lines/0711", { uid: "bob" });
      await eraseUser(beforeTransaction(functions, moment, give), "alice");
      assert.equal((await functions.pbx("GET", "/lines/0711")).body.uid, "bob", `before transaction ${moment}`);
      assert.equal((await wake("0711", `moment-${moment}`)).body.accepted, 1);
      assert.deepEqual((await db.doc("users/bob").get()).get("extens"), ["0701", "0711"]);
    }
  });

  it("erases a ring whose push is under way, and the PBX still gets its answer", async () => {
    const fast = await addPhone(functions, "fast", alice);
    functions.fcm.addFault({ match: { token: tokens.alice }, status: 200, delay_ms: 900 });
    const calling = wake("0700", "under-way");
    const others = wake("0701", "under-way");
    await until(() => pushesTo(functions, fast).length === 1);
    const { body } = await functions.call("eraseMyData", alice, {});
    assert.equal(body.result.erased.rings, 2);
    assert.equal((await calling).body.accepted, 2);
    assert.deepEqual(await tracesOf("alice"), []);
    const extens = (await db.collection("rings").get()).docs.map((ring) => ring.get("exten"));
    assert.deepEqual([(await others).status, extens], [200, ["0701", "0701"]]);
    assert.equal((await functions.pbx("POST", "/calls/1.1/end", { ring_id: "under-way" })).status, 200);
  });

  it("erases no ring of a user who gets the line meanwhile", async () => {
    const slow = await addPhone(functions, "slow", bob);
    functions.fcm.addFault({ match: { token: slow }, status: 200, delay_ms: 900 });
    const rang: Promise<{ status: number }>[] = [];
    const give = async () => {
      await functions.pbx("PUT", "/lines/0700", { uid: "bob" });
      rang.push(wake("0700", "of-bob"));
      await until(() => pushesTo(functions, tokens.bob).length === 3);
    };
    await functions.pbx("PUT", "/lines/0710", { uid: "alice" });
    await eraseUser(beforeTransaction(functions, 2, give), "alice");
    assert.equal((await rang[0])?.status, 200);
    const found = await db.collection("rings").where("exten", "==", "0700").get();
    assert.deepEqual(
      found.docs.map((ring) => ring.get("uid")),
      ["bob"],
    );
  });

  it("reports no success before the audience is free of its user; the next call does the rest", async () => {
    for (const failing of ["firstTransaction", "secondTransaction", "thirdTransaction"] as const) {
      tokens.alice = await addPhone(functions, "alices-phone", alice);
      await functions.pbx("PUT", "/lines/0700", { uid: "alice" });
      const erasing = eraseUser(withFailing(functions, failing), "alice");
      const isDone = await erasing.then(
        () => true,
        () => false,
      );
      const traces = await tracesOf("alice");
      assert.deepEqual([isDone, traces.includes("devices")], [traces.length === 0, traces.includes("audience")]);
      await functions.call("eraseMyData", alice, {});
      assert.deepEqual(await tracesOf("alice"), []);
    }
  });

  it("leaves no line half erased that its user gets meanwhile, at whatever moment", async () => {
    for (const moment of [1, 2, 3, 4]) {
      for (const isAwaited of [true, false]) {
        await addPhone(functions, "alices-phone", alice);
        await functions.pbx("PUT", "/lines/0700", { uid: "alice" });
        const assigned: Promise<unknown>[] = [];
        const assign = async () => {
          assigned.push(functions.pbx("PUT", "/lines/0702", { uid: "alice" }));
          if (isAwaited) await assigned[0];
        };
        await eraseUser(beforeTransaction(functions, moment, assign), "alice");
        await Promise.all(assigned);
        const line = await functions.pbx("GET", "/lines/0702");
        const extens: unknown = (await db.doc("users/alice").get()).get("extens");
        const what = `moment ${moment}, ${isAwaited ? "before" : "beside"} the transaction`;
        assert.deepEqual(extens, line.status === 200 ? ["0702"] : undefined, what);
        if (isAwaited && moment < 4) assert.equal(line.status, 404, what);
        await functions.call("eraseMyData", alice, {});
      }
    }
  });

  it("asks to be called again if its user keeps getting lines", async () => {
    let nth = 0;
    const assigning = changeDatabase(functions.services, {
      runTransaction: async (...args: any[]) => {
        nth += 1;
        await functions.pbx("PUT", `/lines/08${nth}`, { uid: "alice" });
        return Reflect.apply(db.runTransaction.bind(db), undefined, args);
      },
    });
    await assert.rejects(eraseUser(assigning, "alice"), { name: "TryAgain" });
    await functions.call("eraseMyData", alice, {});
    assert.deepEqual(await tracesOf("alice"), []);
  });

  it("erases more rings than one page has", async () => {
    await addRings();
    const { body } = await functions.call("eraseMyData", alice, {});
    assert.equal(body.result.erased.rings, 1201);
    assert.deepEqual(await tracesOf("alice"), []);
  });
});

/** Adds 1,200 rings to Alice's history. */
async function addRings(): Promise<void> {
  const ring = (await db.collection("rings").where("uid", "==", "alice").get()).docs[0]!.data();
  for (let start = 0; start < 1200; start += 400) {
    const batch = db.batch();
    for (let nth = start; nth < start + 400; nth += 1) batch.set(db.doc(`rings/more-${nth}`), ring);
    await batch.commit();
  }
}

/** Adds users with settings that Auth does not have. */
async function addUsers(count: number): Promise<void> {
  const batch = db.batch();
  for (let nth = 0; nth < count; nth += 1) batch.set(db.doc(`users/u${nth}`), { serverAddress: "pbx.example.com" });
  await batch.commit();
}

describe("the nightly job", () => {
  const night = async () => {
    const before = functions.logged.length;
    const { status } = await functions.runSchedule("nightly");
    return { status, logged: functions.logged.slice(before).map((line) => JSON.parse(line)) };
  };

  it("erases a user that Auth no longer has", async () => {
    people.splice(0, 1);
    const { status, logged } = await night();
    assert.equal(status, 200);
    assert.deepEqual(await tracesOf("alice"), []);
    assert.deepEqual([...new Set(await tracesOf("bob"))], everything);
    const line = logged.find(({ message }) => message === "user_erased");
    assert.deepEqual([line.uid, line.lines, line.devices, line.rings, line.pushes], ["alice", 1, 1, 1, 1]);
    const sent = pushesTo(functions, tokens.alice).length;
    assert.equal((await wake("0700")).body.error.code, "no_devices");
    assert.equal(pushesTo(functions, tokens.alice).length, sent);
  });

  it("silences a disabled user, and erases nothing else: the phone rings again once its user logs in", async () => {
    people.splice(0, 1, { ...alice, disabled: true });
    const { logged } = await night();
    assert.deepEqual([...new Set(await tracesOf("alice"))], ["lines", "pushes", "rings", "users"]);
    assert.equal(logged.find(({ message }) => message === "user_silenced")?.uid, "alice");
    assert.equal((await wake("0700")).body.error.code, "no_devices");
    people.splice(0, 1, alice);
    await night();
    tokens.alice = await addPhone(functions, "alices-phone", alice);
    assert.equal((await wake("0700", "again")).body.accepted, 1);
  });

  it("erases the rest of a user after an interruption", async () => {
    people.splice(0, 1);
    // Only the device names a user without settings: it must go last.
    await db.doc("users/alice").delete();
    await db.doc("lines/0700").delete();
    await assert.rejects(eraseUser(withFailing(functions, "changes"), "alice"));
    assert.deepEqual(await tracesOf("alice"), ["audience", "devices"]);
    await night();
    assert.deepEqual(await tracesOf("alice"), []);
  });

  it("erases the others when one user cannot be erased, and fails so that it is retried", async () => {
    const first = { uid: "a-first", email: "first@example.com" };
    people.push(first);
    await addPhone(functions, "firsts-phone", first);
    await db.doc("users/a-first").set({ serverAddress: "pbx.example.com" });
    // An audience document that the database refuses.
    await db.doc(devicePath("firsts-phone", first)).update({ audienceShard: "__x__" });
    people.splice(0, people.length, bob);
    const { status, logged } = await night();
    assert.equal(status, 500);
    assert.deepEqual(await tracesOf("alice"), []);
    assert.equal(logged.find(({ message }) => message === "users_swept").erased, 1);
  });

  it("keeps a line whose user has never logged in", async () => {
    await functions.pbx("PUT", "/lines/0709", { uid: "to-come" });
    await night();
    assert.equal((await functions.pbx("GET", "/lines/0709")).body.uid, "to-come");
  });

  it("erases a user who has only a phone", async () => {
    const carol = { uid: "carol", email: "carol@example.com" };
    people.push(carol);
    await addPhone(functions, "carols-phone", carol);
    people.pop();
    assert.equal((await db.doc(devicePath("carols-phone", carol)).get()).exists, true);
    await night();
    assert.equal((await db.doc(devicePath("carols-phone", carol)).get()).exists, false);
    assert.deepEqual([...new Set(await tracesOf("bob"))], everything);
  });

  it("erases one or two users of the smallest project, and not all of it", async () => {
    people.splice(0, 2);
    await addUsers(1);
    await night();
    assert.equal((await db.collection("users").get()).size, 3, "three of three are missing");
    people.push(bob);
    await night();
    assert.deepEqual(
      (await db.collection("users").get()).docs.map(({ id }) => id),
      ["bob"],
    );
  });

  it("keeps a user whose uid looks like an email", async () => {
    const dora = { uid: "dora@corp", email: "dora@example.com" };
    people.push(dora);
    await addPhone(functions, "doras-phone", dora);
    await night();
    assert.equal((await db.collection("devices").where("uid", "==", dora.uid).get()).size, 1);
  });

  it("erases no user when over 30 % are missing, and logs an error", async () => {
    await addUsers(40);
    const { status, logged } = await night();
    assert.equal(status, 200);
    assert.equal((await db.collection("users").get()).size, 42);
    const line = logged.find(({ message }) => message === "erase_breaker_tripped");
    assert.deepEqual([line.severity, line.checked, line.missing], ["ERROR", 42, 40]);
  });
});

describe("users erase", () => {
  const erase = (...args: string[]) =>
    ops(["users", "erase", ...args, "--project", functions.projectId], functions.services);

  it("counts with --dry-run, and erases by email or uid", async () => {
    const dry = await erase("Alice@example.com", "--dry-run");
    assert.equal(dry.out, "Would erase of alice: lines 1, devices 1, rings 1, pushes 1.\n");
    assert.deepEqual([...new Set(await tracesOf("alice"))], everything);
    const { code, json } = await erase("alice", "--json");
    assert.deepEqual([code, json], [0, { uid: "alice", isDryRun: false, lines: 1, devices: 1, rings: 1, pushes: 1 }]);
    assert.deepEqual(await tracesOf("alice"), []);
  });

  it("erases by a uid that looks like an email", async () => {
    const dora = { uid: "alice@example.com", email: "dora@example.com" };
    people.push(dora);
    await addPhone(functions, "doras-phone", dora);
    assert.equal((await erase(dora.uid, "--json")).json.uid, dora.uid);
    assert.deepEqual([...new Set(await tracesOf("alice"))], everything);
  });

  it("erases a uid that Auth no longer has, and refuses an email that it does not know", async () => {
    people.splice(0, 1);
    const { code, err } = await erase("alice@example.com");
    assert.deepEqual([code, err], [1, "There is no user alice@example.com: erase by uid\n"]);
    assert.equal((await erase("alice")).code, 0);
    assert.deepEqual(await tracesOf("alice"), []);
  });

  it("prints its progress", async () => {
    await addRings();
    const { out } = await erase("alice");
    assert.match(
      out,
      /^\d+ documents erased …\n\d+ documents erased …\nErased of alice: lines 1, devices 1, rings 1201, /,
    );
  });
});
