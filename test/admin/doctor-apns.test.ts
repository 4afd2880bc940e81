import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { createApnsClient } from "../../functions/src/apns/client.ts";
import type { Config } from "../../functions/src/config.ts";
import { voipTopic as topic } from "../../harness/demo-apns.ts";
import { demoApnsKey } from "../../packages/push-emulator/src/apns/demo-key.ts";
import { refuse } from "../functions/apns/scripted-apns.ts";
import { createKey } from "../push-emulator/apns/sender.ts";
import { alice } from "../support/functions.ts";
import { startScriptedPeer, type Received } from "../support/scripted-peer.ts";
import { ops } from "./run-ops.ts";
import {
  findClosedPort,
  findProblem,
  findProblems,
  fresh,
  functions,
  google,
  keyFile,
  services,
  url,
} from "./doctor-setup.ts";

const { key, keyId, teamId } = demoApnsKey;
const settings = { apnsKeyId: keyId, apnsTeamId: teamId, apnsTopics: [topic] };

/** The services with these settings, and the key of the local stack or the shell. */
function withKey(changes: Partial<Config> = {}) {
  return { ...services, config: { ...services.config, apnsKey: key, ...settings, ...changes } };
}

/** Stores the deployed version of the secret. */
function storeKey(text: string): void {
  google.resource("/versions/2:access").payload.data = Buffer.from(text).toString("base64");
}

/** Registers an iPhone of Alice's; its app is built for VoIP pushes if it has a topic. */
async function addIphone(voipTopic?: string): Promise<string> {
  const { token, voipToken } = functions.fcm.createRegistration({ platform: "ios" });
  const voip = voipTopic === undefined ? undefined : { token: voipToken, topic: voipTopic, environment: "production" };
  const registration = { kind: "token", value: token };
  const device = { deviceId: "iphone", platform: "ios", registration, voip };
  assert.equal((await functions.call("registerDevice", alice, device)).status, 200);
  return voipToken ?? "";
}

/** What the doctor prints about APNs. */
async function listFindings(on = services): Promise<string[]> {
  const args = ["doctor", "--project", google.projectId, "--json", "--url", url, "--key-file", keyFile()];
  const { json } = await ops(args, on, { openGoogleApi: google.api });
  return json.filter(({ check }: any) => check === "apns").map(({ level, seen }: any) => `${level} ${seen}`);
}

describe("doctor, checking Apple's key,", () => {
  it("finds that APNs accepts it for each topic in both environments, and rings no phone", async () => {
    const voipToken = await addIphone(topic);
    const apnsTopics = [topic, "com.example.office.voip"];
    assert.deepEqual(
      await listFindings(withKey({ apnsTopics })),
      apnsTopics.flatMap((one) =>
        ["production", "sandbox"].map((where) => `ok APNs accepts the key for ${one} in ${where}`),
      ),
    );
    assert.deepEqual(functions.fcm.messages(voipToken), []);
    assert.equal(functions.fcm.counters.apns.accepted, 0);
  });

  it("reads it from Secret Manager, in the version that pbx is deployed with", async () => {
    const on = withKey({ apnsKey: undefined });
    storeKey(key);
    assert.deepEqual(await findProblems([], on), []);
    assert.equal((await listFindings(on)).length, 2);
    google.resource("/versions/latest").name = "projects/7/secrets/APNS_KEY/versions/3";
    assert.match(
      await findProblem([], on),
      /^warning apns: pbx works with version 2 of the secret APNS_KEY, and version 3 is newer → npx firebase deploy/,
    );
    google.replace("/versions/2:access", undefined);
    const [gone] = await findProblems([], on);
    assert.match(gone!, /^fault apns: version 2 of the secret APNS_KEY, .* does not exist → .*secrets:set APNS_KEY/);
    google.restore();
    google.replace("/versions/2:access", new Error("Permission 'secretmanager.versions.access' denied"));
    assert.match(await findProblem([], on), /^fault apns: check failed: secretmanager.* 403: Permission .*denied → /);
  });

  it("finds a pbx that is deployed without the secret", async () => {
    const pbx = google.resource("/functions").functions.find(({ name }: any) => name.endsWith("/pbx"));
    pbx.serviceConfig.secretEnvironmentVariables = [];
    assert.match(
      await findProblem(),
      /^fault apns: pbx is deployed without the secret APNS_KEY → npx firebase deploy --only functions --project/,
    );
  });

  it("finds a key, a key id and a team that do not belong together", async () => {
    for (const change of [{ apnsKey: createKey() }, { apnsKeyId: "OTHERKEY00" }, { apnsTeamId: "OTHERTEAM0" }]) {
      const problems = await findProblems([], withKey(change));
      assert.equal(problems.length, 2, problems.join("\n"));
      for (const [at, environment] of ["production", "sandbox"].entries()) {
        const wanted = `fault apns: APNs refuses us for ${topic} in ${environment} (InvalidProviderToken): the key, its id or the team id is wrong → compare APNS_KEY_ID and APNS_TEAM_ID with the key's page at Apple`;
        assert.ok(problems[at]?.startsWith(wanted), problems[at]);
      }
      assert.ok(!problems.join("").includes("PRIVATE KEY"));
    }
  });

  it("finds a clock that is wrong by Apple's watch", async () => {
    const on = withKey();
    const clock = { ...services.clock, now: () => Date.now() - 3 * 60 * 60 * 1000 };
    const problems = await findProblems([], { ...on, clock });
    assert.match(problems[0]!, /^fault apns: .* \(ExpiredProviderToken\): .* → set this machine's clock by NTP/);
  });

  /** What APNs answers, and the finding. */
  const refusals = [
    ["TopicDisallowed", /^fault .*com\.example\.app\.voip in production.* → correct APNS_TOPICS: .*\.voip/],
    ["DeviceTokenNotForTopic", /^fault .* → correct APNS_TOPICS: /],
    ["BadTopic", /^fault .* → correct APNS_TOPICS: /],
    ["Forbidden", /^fault .* → .*Apple Push Notifications service/],
    ["BadCertificate", /^fault .* → compare APNS_KEY_ID/],
    ["BadEnvironmentKeyIdInToken", /^fault .*in production.* → make a key for Sandbox & Production/],
    ["BadEnvironmentKeyInToken", /^fault .*in production.* → make a key for Sandbox & Production/],
    ["TooManyProviderTokenUpdates", /^fault .* → wait 20 minutes/],
    ["InternalServerError", /^fault .*did not answer.* → check the network: port 443 of api\.push\.apple\.com/],
    ["MissingTopic", /^fault .* → correct APNS_TOPICS/],
    ["PayloadEmpty", /^fault .* → see https:\/\/developer\.apple\.com/],
  ] as const;
  for (const [reason, finding] of refusals) {
    it(`explains ${reason}`, async () => {
      // With its retry; the sandbox has nothing to say against us.
      const times = reason === "InternalServerError" || reason === "TooManyProviderTokenUpdates" ? 2 : 1;
      functions.fcm.addFault({ channel: "apns", reason, times });
      const problem = await findProblem([], withKey());
      assert.match(problem, finding);
      assert.ok(problem.includes(`(${reason})`));
    });
  }

  it("accepts a token that APNs calls gone", async () => {
    functions.fcm.addFault({ channel: "apns", reason: "Unregistered" });
    assert.deepEqual(await findProblems([], withKey()), []);
  });

  it("only warns of a key for production alone: it serves every app but those from Xcode", async () => {
    functions.fcm.addFault({ channel: "apns", reason: "BadDeviceToken" });
    functions.fcm.addFault({ channel: "apns", reason: "BadEnvironmentKeyIdInToken" });
    assert.match(
      await findProblem([], withKey()),
      /^warning apns: .*in sandbox \(BadEnvironmentKeyIdInToken\).* → make a key for Sandbox & Production.*; or accept that builds from Xcode ring by FCM$/,
    );
  });

  it("asks each environment by its own name, with a VoIP push that waits for no phone", async (t) => {
    const apple = await startScriptedPeer({ isPlain: true, streams: 1000, accept: () => undefined });
    t.after(() => apple.close());
    const hostOf = ({ headers }: Received) => headers[":authority"] ?? headers.host;
    apple.script((push) => {
      const isSandbox = hostOf(push) === "api.sandbox.push.apple.com";
      if (isSandbox) return refuse(push, 403, "BadEnvironmentKeyIdInToken");
      return refuse(push, 400, "BadDeviceToken");
    });
    const on = withKey({ apnsEmulatorHost: new URL(apple.origin).host });
    assert.match(await findProblem([], on), /^warning apns: .*in sandbox \(BadEnvironmentKeyIdInToken\)/);
    assert.deepEqual(apple.received.map(hostOf), ["api.push.apple.com", "api.sandbox.push.apple.com"]);
    const tokens = apple.received.map(({ headers, body }) => {
      const { "apns-topic": to, "apns-push-type": type, "apns-expiration": expiration } = headers;
      assert.deepEqual([to, type, expiration, body], [topic, "voip", "0", '{"aps":{}}']);
      return /^\/3\/device\/([0-9a-f]{64})$/.exec(String(headers[":path"]))?.[1];
    });
    assert.equal(new Set(tokens).size, 2);
  });

  it("signs one provider token for all it asks: APNs refuses a key that makes many", async (t) => {
    const apple = await startScriptedPeer({ isPlain: true, streams: 1000, accept: () => undefined });
    t.after(() => apple.close());
    apple.script((push) => refuse(push, 400, "BadDeviceToken"));
    const apnsTopics = [topic, "com.example.office.voip"];
    await findProblems([], withKey({ apnsTopics, apnsEmulatorHost: new URL(apple.origin).host }));
    assert.equal(apple.received.length, 4);
    assert.equal(new Set(apple.received.map(({ headers }) => headers.authorization)).size, 1);
  });

  it("finds that Apple cannot be reached", async () => {
    const problems = await findProblems([], withKey({ apnsEmulatorHost: await findClosedPort() }));
    assert.equal(problems.length, 2);
    for (const problem of problems) assert.match(problem, /^fault apns: .*\(ECONNREFUSED\) → check the network/);
  });

  it("finds a key that is no key, without showing it", async () => {
    for (const text of ["", "AuthKey_ABC123DEFG.p8", key.replaceAll("\n", " ").slice(0, 90)]) {
      const problem = await findProblem([], withKey({ apnsKey: text }));
      assert.match(problem, /^fault apns: .*the text of Apple's \.p8 file.* → set the secret again with --data-file/);
      assert.ok(text === "" || !problem.includes(text));
    }
  });

  it("finds what is missing beside the key", async () => {
    assert.match(
      await findProblem([], withKey({ apnsTeamId: "" })),
      /^fault apns: APNS_KEY is set without APNS_TEAM_ID: no VoIP push is sent → set APNS_TEAM_ID in functions\/\.env\.wolley-push/,
    );
    const none = { apnsKeyId: "", apnsTeamId: "", apnsTopics: [] };
    assert.match(await findProblem([], withKey(none)), /set without APNS_KEY_ID, APNS_TEAM_ID, APNS_TOPICS: /);
  });

  it("finds iPhones of an app whose topic is not listed", async () => {
    await addIphone("com.example.other.voip");
    assert.match(
      await findProblem([], withKey()),
      /^warning apns: iPhones are registered for other topics, and ring by FCM: com\.example\.other\.voip → add them to APNS_TOPICS/,
    );
  });
});

describe("doctor --device with an iPhone", () => {
  it("says which channel has taken the push of its call", async () => {
    const emulatorHost = functions.fcm.apns.production.address;
    const apns = createApnsClient({ key, keyId, teamId, emulatorHost });
    const on = { ...withKey(), apns };
    const voipToken = await addIphone(topic);
    const there = await functions.servePbx(on);
    const doctor = [
      "doctor",
      "--project",
      google.projectId,
      "--url",
      there,
      "--key-file",
      keyFile(),
      "--device",
      "iphone",
    ];
    // The phone reports ready as soon as its push is on record.
    const stop = services.db.collection("rings").onSnapshot(({ docs }) => {
      if (docs[0]?.data()["phones"]?.iphone?.state !== "accepted") return;
      void functions.call("reportCall", alice, { callId: docs[0].id, deviceId: "iphone", event: "ready" });
    });
    const { out } = await ops(doctor, on, { openGoogleApi: google.api });
    stop();
    await apns.close();
    assert.match(out, /\nok +wake +APNs accepted the push \d+ ms after the call; /);
    assert.match(out, /\nok +wake +iphone was ready \d+ ms after the call\n/);
    assert.equal(functions.fcm.messages(voipToken)[0]?.channel, "apns");
  });
});

describe("doctor, without Apple's key,", () => {
  it("has nothing to say against it while there is no iPhone", async () => {
    assert.deepEqual(await listFindings(), ["ok no APNS_KEY, and no iPhone is registered"]);
  });

  it("says that iPhones get an alert of FCM", async () => {
    await addIphone();
    assert.match(
      await findProblem(),
      /^warning apns: calls ring on iPhones as an alert of FCM: there is no APNS_KEY → .*docs\/iphones\.md.*; or accept it$/,
    );
  });

  it("finds iPhones with VoIP tokens, which wait for it", async () => {
    await addIphone(topic);
    assert.match(
      await findProblem(),
      /^fault apns: iPhones have VoIP tokens, but there is no APNS_KEY: .* → set the secret APNS_KEY and its three settings/,
    );
  });

  it("finds settings that are of no use without it", async () => {
    assert.match(
      await findProblem([], withKey({ apnsKey: undefined })),
      /^fault apns: APNS_KEY_ID, APNS_TEAM_ID, APNS_TOPICS without APNS_KEY: no VoIP push is sent → set the secret APNS_KEY, or empty/,
    );
  });
});

describe("doctor, looking for a secret in the wrong place,", () => {
  it("finds one that the file would deploy as plain text, and one that is deployed so, and shows none of it", async (t) => {
    const folder = join(fresh.folder, "config-office");
    mkdirSync(folder);
    const file = join(folder, `.env.${google.projectId}`);
    writeFileSync(file, "FUNCTION_DEFAULT_REGION=asia-northeast3\nAPNS_KEY=a-private-key\n");
    process.env["PBX_PUSH_KIT"] = folder;
    t.after(() => delete process.env["PBX_PUSH_KIT"]);
    google.restore({ region: "asia-northeast3", prefix: "kit-office-" });
    const pbx = google.resource("/functions").functions.find(({ name }: any) => name.endsWith("-pbx"));
    pbx.serviceConfig.environmentVariables.APNS_KEY = "a-private-key";
    const [exposed, deployed, ...more] = await findProblems();
    assert.deepEqual(more, []);
    const set = "npx firebase functions:secrets:set kit-office-APNS_KEY --project wolley-push";
    assert.equal(exposed, `fault settings: ${file} has the secret APNS_KEY → delete it there, then ${set}`);
    assert.match(deployed!, /^fault functions: the secret APNS_KEY is deployed as plain text → take it out of /);
    assert.ok(!`${exposed}${deployed}`.includes("a-private-key"));
  });
});
