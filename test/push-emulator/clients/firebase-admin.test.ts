import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";

import { deleteApp, initializeApp } from "firebase-admin/app";
import type { App } from "firebase-admin/app";
import { getMessaging } from "firebase-admin/messaging";
import type { Messaging } from "firebase-admin/messaging";

import { startPushEmulator } from "../../../packages/push-emulator/src/emulator.ts";
import type { PushEmulator } from "../../../packages/push-emulator/src/emulator.ts";
import { redirectGoogle } from "../../../packages/push-emulator/src/redirect-hosts.ts";

const projectId = "demo-admin";

// Over HTTP/1.1 each concurrent message has a connection of its own.
for (const [transport, many] of [
  ["HTTP/2", 500],
  ["HTTP/1.1", 50],
] as const) {
  describe(`firebase-admin over ${transport}`, () => {
    let emulator: PushEmulator;
    let restore: () => void;
    let app: App;
    let messaging: Messaging;

    before(async () => {
      emulator = await startPushEmulator({ port: 0, tls: true, projectId });
      restore = redirectGoogle(emulator.address, { ca: emulator.ca });
      const credential = { getAccessToken: async () => ({ access_token: "any", expires_in: 3600 }) };
      app = initializeApp({ projectId, credential }, transport);
      messaging = getMessaging(app);
      // oxlint-disable-next-line typescript/no-deprecated -- the other of its two transports
      if (transport === "HTTP/1.1") messaging.enableLegacyHttpTransport();
    });
    afterEach(() => emulator.reset());
    after(async () => {
      restore();
      await deleteApp(app);
      await emulator.close();
    });

    const createTokens = (count: number): string[] =>
      Array.from({ length: count }, () => emulator.createRegistration().token);

    it("sends one message", async () => {
      const { token } = emulator.createRegistration();
      const id = await messaging.send({ token, data: { a: "b" } });
      const [record] = emulator.messages(token);
      assert.equal(id, `projects/${projectId}/messages/${record?.id}`);
    });

    it(`sends ${many} messages with sendEach, of which some are refused`, async () => {
      const tokens = createTokens(many);
      const gone = new Set(tokens.filter((_, index) => index % 10 === 7));
      for (const token of gone) emulator.setState(token, "uninstalled");
      const { responses, successCount } = await messaging.sendEach(
        tokens.map((token, n) => ({ token, data: { n: `${n}` } })),
      );
      assert.equal(successCount, many * 0.9);
      for (const [index, token] of tokens.entries()) {
        const code = gone.has(token) ? "messaging/registration-token-not-registered" : undefined;
        assert.equal(responses[index]?.error?.code, code);
      }
      assert.equal(emulator.messages().length, many * 0.9);
    });

    it(`sends one message to ${many} tokens`, async () => {
      const tokens = createTokens(many);
      const { successCount, failureCount } = await messaging.sendEachForMulticast({ tokens, data: { a: "b" } });
      assert.deepEqual([successCount, failureCount], [many, 0]);
      for (const token of tokens) assert.equal(emulator.messages(token).length, 1);
    });

    it("sends to installs by fid, and gets the error for an unknown one", async () => {
      const { token, fid } = emulator.createRegistration();
      const { responses } = await messaging.sendEachForMulticast({ fids: [fid, "not-a-fid"], data: { a: "b" } });
      assert.deepEqual(
        responses.map(({ success, error }) => [success, error?.code]),
        [
          [true, undefined],
          [false, "messaging/installation-id-not-registered"],
        ],
      );
      assert.equal(emulator.messages(token).length, 1);
    });

    it("subscribes to a topic and unsubscribes, and a push between reaches the subscribers", async () => {
      const [one = "", other = "", third = ""] = createTokens(3);
      const subscribed = await messaging.subscribeToTopic([one, other, "never-issued"], "news");
      assert.deepEqual([subscribed.successCount, subscribed.failureCount, subscribed.errors[0]?.index], [2, 1, 2]);
      assert.equal(subscribed.errors[0]?.error.code, "messaging/invalid-registration-token");
      assert.equal((await messaging.subscribeToTopic(one, "news")).successCount, 1);
      assert.equal((await messaging.unsubscribeFromTopic([other, third], "/topics/news")).successCount, 2);
      await messaging.send({ topic: "news", data: { a: "b" } });
      await messaging.send({ condition: "'news' in topics && !('sport' in topics)", data: { c: "d" } });
      assert.deepEqual(
        [one, other, third].map((token) => emulator.messages(token).length),
        [2, 0, 0],
      );
    });

    it("subscribes by the API of Instance ID", async () => {
      const [one = "", gone = ""] = createTokens(2);
      emulator.setState(gone, "uninstalled");
      // oxlint-disable-next-line typescript/no-deprecated -- still the way of older versions
      const { successCount, errors } = await messaging.subscribeToTopicLegacy([one, gone], "news");
      assert.deepEqual([successCount, errors[0]?.error.code], [1, "messaging/registration-token-not-registered"]);
      assert.deepEqual(emulator.topics(one), ["news"]);
      // oxlint-disable-next-line typescript/no-deprecated -- the same
      await messaging.unsubscribeFromTopicLegacy(one, "news");
      assert.deepEqual(emulator.topics(one), []);
    });

    for (const [fault, code] of [
      [{ error_code: "SENDER_ID_MISMATCH" }, "messaging/mismatched-credential"],
      [{ error_code: "THIRD_PARTY_AUTH_ERROR" }, "messaging/third-party-auth-error"],
      [{ error_code: "QUOTA_EXCEEDED" }, "messaging/message-rate-exceeded"],
      [{ error_code: "INTERNAL" }, "messaging/internal-error"],
      [{ error_code: "INVALID_ARGUMENT" }, "messaging/invalid-argument"],
    ] as const) {
      it(`understands ${fault.error_code}`, async () => {
        const { token } = emulator.createRegistration();
        emulator.addFault(fault);
        const { responses } = await messaging.sendEach([{ token, data: { a: "b" } }]);
        assert.equal(responses[0]?.error?.code, code);
      });
    }

    it("gets an error for a reset connection, and sends again afterwards", async () => {
      const { token } = emulator.createRegistration();
      emulator.addFault({ drop: true });
      const { successCount } = await messaging.sendEach([{ token, data: { a: "b" } }]);
      // Over HTTP/1.1 it retries by itself; over HTTP/2 the session is lost with all of its messages.
      assert.equal(successCount, transport === "HTTP/1.1" ? 1 : 0);
      assert.equal(emulator.counters.faulted, 1);
      assert.equal((await messaging.sendEach([{ token, data: { a: "b" } }])).successCount, 1);
    });

    it("connects to Google again once the redirection ends", async () => {
      restore();
      const { connections } = emulator.counters;
      emulator.addFault({ status: 200, times: 1 });
      const { responses } = await messaging.sendEach([{ token: emulator.createRegistration().token, data: {} }]);
      restore = redirectGoogle(emulator.address, { ca: emulator.ca });
      assert.deepEqual([responses[0]?.success, emulator.counters.connections], [false, connections]);
    });
  });
}
