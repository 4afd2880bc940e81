import { readFile } from "node:fs/promises";
import { after, before, beforeEach, describe, it } from "node:test";
import {
  assertFails,
  assertSucceeds,
  initializeTestEnvironment,
  type RulesTestEnvironment,
} from "@firebase/rules-unit-testing";
import {
  collection,
  deleteDoc,
  doc,
  getDoc,
  getDocs,
  orderBy,
  query,
  setDoc,
  updateDoc,
  where,
} from "firebase/firestore";

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

function as(uid: string) {
  return environment.authenticatedContext(uid).firestore();
}

async function seed(path: string, data: object): Promise<void> {
  await environment.withSecurityRulesDisabled(async (context) => {
    await setDoc(doc(context.firestore(), path), data);
  });
}

describe("users/{uid}", () => {
  it("is read by its owner only", async () => {
    await seed("users/alice", settings);
    await assertSucceeds(getDoc(doc(as("alice"), "users/alice")));
    await assertFails(getDoc(doc(as("bob"), "users/alice")));
    await assertFails(getDoc(doc(environment.unauthenticatedContext().firestore(), "users/alice")));
  });

  it("takes the three server settings from its owner, at once or one by one", async () => {
    await assertSucceeds(setDoc(doc(as("alice"), "users/alice"), settings));
    await assertSucceeds(updateDoc(doc(as("alice"), "users/alice"), { serverPort: 8088 }));
    await assertFails(setDoc(doc(as("bob"), "users/alice"), settings));
  });

  it("keeps extens and mutedCampaigns for the backend", async () => {
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
    "an empty address": { serverAddress: "" },
    "an address with a space": { serverAddress: "a b" },
    "an address with a slash": { serverAddress: "a/b" },
    "an address over 253 characters": { serverAddress: "a".repeat(254) },
    "a yes for the flag": { serverSSL: "yes" },
    "a field of its own": { nickname: "al" },
  };
  for (const [what, change] of Object.entries(broken)) {
    it(`refuses ${what}`, async () => {
      await assertFails(setDoc(doc(as("alice"), "users/alice"), { ...settings, ...change }));
    });
  }
});

describe("calls/{callId}", () => {
  it("are read by the users they rang, also as a history", async () => {
    await seed("calls/pbx-1~1", { uids: ["alice"], createdAt: new Date(), callerId: "0101" });
    await assertSucceeds(getDoc(doc(as("alice"), "calls/pbx-1~1")));
    await assertFails(getDoc(doc(as("bob"), "calls/pbx-1~1")));
    const history = (uid: string) =>
      query(collection(as(uid), "calls"), where("uids", "array-contains", "alice"), orderBy("createdAt", "desc"));
    await assertSucceeds(getDocs(history("alice")));
    await assertFails(getDocs(history("bob")));
    await assertFails(getDocs(collection(as("alice"), "calls")));
  });

  it("are written by nobody", async () => {
    await seed("calls/pbx-1~1", { uids: ["alice"] });
    await assertFails(updateDoc(doc(as("alice"), "calls/pbx-1~1"), { status: "ended" }));
    await assertFails(setDoc(doc(as("alice"), "calls/pbx-1~2"), { uids: ["alice"] }));
  });
});

describe("everything else", () => {
  for (const path of ["devices/d", "lines/0701", "audience/1", "pushes/p", "campaigns/c", "campaignRuns/r/shards/1"]) {
    it(`${path} is closed`, async () => {
      await seed(path, { uid: "alice" });
      await assertFails(getDoc(doc(as("alice"), path)));
      await assertFails(setDoc(doc(as("alice"), path), { uid: "alice" }));
    });
  }
});
