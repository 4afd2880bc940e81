import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, beforeEach, describe, it } from "node:test";
import {
  assertFails,
  assertSucceeds,
  initializeTestEnvironment,
  type RulesTestContext,
  type RulesTestEnvironment,
} from "@firebase/rules-unit-testing";
import {
  collection,
  collectionGroup,
  deleteDoc,
  doc,
  getDoc,
  getDocs,
  orderBy,
  query,
  setDoc,
  setLogLevel,
  updateDoc,
  where,
} from "firebase/firestore";
import { badAddresses, goodAddresses } from "../support/server-addresses.ts";

// Otherwise each refusal prints a warning.
setLogLevel("silent");

let environment: RulesTestEnvironment;
before(async () => {
  const rules = await readFile(new URL("../../firestore.rules", import.meta.url), "utf8");
  environment = await initializeTestEnvironment({ projectId: "demo-rules", firestore: { rules } });
});
after(async () => {
  await environment.cleanup();
});
beforeEach(async () => {
  await environment.clearFirestore();
});

const settings = { serverAddress: "pbx.example.com", serverPort: 7099, serverSSL: true };

const clients = new Map<string, RulesTestContext>();

/** The client of a user, shared by all tests: a connection takes longer than a test. */
function as(uid: string) {
  const client = clients.get(uid) ?? environment.authenticatedContext(uid);
  clients.set(uid, client);
  return client.firestore();
}

async function seed(path: string, data: object): Promise<void> {
  await environment.withSecurityRulesDisabled(async (context) => {
    await setDoc(doc(context.firestore(), path), data);
  });
}

describe("users/{uid}", () => {
  it("can be read by its owner only", async () => {
    await seed("users/alice", settings);
    await assertSucceeds(getDoc(doc(as("alice"), "users/alice")));
    await assertFails(getDoc(doc(as("bob"), "users/alice")));
    await assertFails(getDoc(doc(environment.unauthenticatedContext().firestore(), "users/alice")));
  });

  it("lets its owner write the three server settings, at once or one by one", async () => {
    await assertSucceeds(setDoc(doc(as("alice"), "users/alice"), settings));
    await assertSucceeds(updateDoc(doc(as("alice"), "users/alice"), { serverPort: 8088 }));
    await assertFails(setDoc(doc(as("bob"), "users/alice"), settings));
  });

  it("lets only the backend write extens and mutedCampaigns", async () => {
    await assertFails(setDoc(doc(as("alice"), "users/alice"), { ...settings, extens: ["0701"] }));
    await seed("users/alice", { ...settings, extens: ["0701"], mutedCampaigns: [] });
    await assertFails(updateDoc(doc(as("alice"), "users/alice"), { extens: ["0702"] }));
    await assertFails(updateDoc(doc(as("alice"), "users/alice"), { mutedCampaigns: ["pathDaily"] }));
    await assertSucceeds(updateDoc(doc(as("alice"), "users/alice"), { serverAddress: "10.0.0.5" }));
    await assertFails(deleteDoc(doc(as("alice"), "users/alice")));
  });

  const broken: Record<string, object> = {
    "a port of 0": { serverPort: 0 },
    "a port over 65535": { serverPort: 65_536 },
    "a fraction of a port": { serverPort: 70.5 },
    "a port in words": { serverPort: "7099" },
    "an address that is a number": { serverAddress: 5 },
    "a string for the flag": { serverSSL: "yes" },
    "an unknown field": { nickname: "al" },
  };
  for (const [what, change] of Object.entries(broken)) {
    it(`refuses ${what}`, async () => {
      await assertFails(setDoc(doc(as("alice"), "users/alice"), { ...settings, ...change }));
    });
  }
});

describe("the server address of users/{uid}", () => {
  for (const serverAddress of goodAddresses) {
    it(`may be ${serverAddress}`, async () => {
      await assertSucceeds(setDoc(doc(as("alice"), "users/alice"), { ...settings, serverAddress }));
    });
  }

  for (const serverAddress of badAddresses) {
    it(`may not be ${JSON.stringify(serverAddress)}`, async () => {
      await assertFails(setDoc(doc(as("alice"), "users/alice"), { ...settings, serverAddress }));
      await seed("users/alice", settings);
      await assertFails(updateDoc(doc(as("alice"), "users/alice"), { serverAddress }));
    });
  }
});

describe("rings/{ringId}", () => {
  const ring = { callKey: "pbx-1~1", exten: "0701", callerId: "0101", status: "ended" };
  const rings = (uid: string) => collection(as(uid), "rings");

  /** One call that rang alice's exten, bob's, and one that has no line. */
  async function seedGroup(): Promise<void> {
    await seed("rings/of-alice", { ...ring, uid: "alice", createdAt: new Date(1000) });
    await seed("rings/of-bob", { ...ring, exten: "0702", uid: "bob", createdAt: new Date(2000) });
    await seed("rings/of-no-user", { ...ring, exten: "0703", createdAt: new Date(3000) });
  }

  it("can be read by its owner", async () => {
    await seedGroup();
    await assertSucceeds(getDoc(doc(as("alice"), "rings/of-alice")));
    await assertFails(getDoc(doc(environment.unauthenticatedContext().firestore(), "rings/of-alice")));
  });

  it("can be listed by its owner as the history, newest first", async () => {
    await seedGroup();
    await seed("rings/of-alice-later", { ...ring, uid: "alice", createdAt: new Date(4000) });
    const history = query(rings("alice"), where("uid", "==", "alice"), orderBy("createdAt", "desc"));
    const { docs } = await assertSucceeds(getDocs(history));
    assert.deepEqual(
      docs.map(({ id }) => id),
      ["of-alice-later", "of-alice"],
    );
  });

  it("is hidden from another member of the same ring group: by id, by call, by listing", async () => {
    await seedGroup();
    await assertFails(getDoc(doc(as("alice"), "rings/of-bob")));
    await assertFails(getDocs(query(rings("alice"), where("callKey", "==", "pbx-1~1"))));
    await assertFails(getDocs(query(rings("alice"), where("uid", "==", "bob"))));
    await assertFails(getDocs(query(rings("alice"), where("uid", "in", ["alice", "bob"]))));
    await assertFails(getDocs(query(rings("alice"), orderBy("createdAt", "desc"))));
    await assertFails(getDocs(rings("alice")));
    await assertFails(getDocs(collectionGroup(as("alice"), "rings")));
    const ownOfCall = query(rings("alice"), where("callKey", "==", "pbx-1~1"), where("uid", "==", "alice"));
    const { docs } = await assertSucceeds(getDocs(ownOfCall));
    assert.deepEqual(
      docs.map(({ id }) => id),
      ["of-alice"],
    );
  });

  it("without a uid cannot be read by any user", async () => {
    await seedGroup();
    await seed("rings/of-null", { ...ring, uid: null });
    for (const id of ["of-no-user", "of-null", "not-there"]) {
      await assertFails(getDoc(doc(as("alice"), `rings/${id}`)));
      await assertFails(getDoc(doc(environment.unauthenticatedContext().firestore(), `rings/${id}`)));
    }
  });

  it("cannot be written by a client", async () => {
    await seedGroup();
    await assertFails(updateDoc(doc(as("alice"), "rings/of-alice"), { status: "answered" }));
    await assertFails(setDoc(doc(as("alice"), "rings/new"), { ...ring, uid: "alice" }));
    await assertFails(deleteDoc(doc(as("alice"), "rings/of-alice")));
  });
});

describe("every other path", () => {
  const closed = [
    "devices/d",
    "lines/0701",
    "audience/1",
    "pushes/p",
    "campaigns/c",
    "campaignRuns/r",
    "campaignRuns/r/shards/1",
    "ends/e",
    "pbxKeys/k",
    "audit/a",
    "statistics/pbx-1~2026-11-28T05",
    "statisticsDays/pbx-1~2026-11-28",
    "jobs/statistics",
    "probe/latest",
    "calls/pbx-1~1",
    "rings/of-alice/parts/1",
  ];
  for (const path of closed) {
    it(`is closed: ${path}`, async () => {
      await seed(path, { uid: "alice", uids: ["alice"] });
      await assertFails(getDoc(doc(as("alice"), path)));
      await assertFails(setDoc(doc(as("alice"), path), { uid: "alice" }));
      await assertFails(deleteDoc(doc(as("alice"), path)));
    });
  }
});
