import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { startPushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import type { PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import { invalidToken, unregistered } from "../functions/fcm/documented-answers.ts";
import { buildSend, openHttp1, openHttp2 } from "./connection.ts";
import type { Connection } from "./connection.ts";
import { createManualClock } from "./manual-clock.ts";

const FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError";

for (const [protocol, open] of [
  ["HTTP/1.1", openHttp1],
  ["HTTP/2", openHttp2],
] as const) {
  describe(`sending over ${protocol}`, () => {
    let emulator: PushEmulator;
    let connection: Connection;

    before(async () => {
      emulator = await startPushEmulator({ port: 0, clock: createManualClock(), projectId: "demo" });
      connection = open(emulator.url);
    });
    after(async () => {
      connection.close();
      await emulator.close();
    });

    it("answers 200 with a unique id in FCM's format", async () => {
      const { token } = emulator.createRegistration();
      const names = new Set<string>();
      for (let sent = 0; sent < 3; sent += 1) {
        const reply = await connection.ask(buildSend({ message: { token, data: { a: "b" } } }));
        assert.equal(reply.status, 200);
        assert.match(String(reply.headers["content-type"]), /^application\/json/);
        assert.match(reply.json.name, /^projects\/demo\/messages\/0:\d{16}%[0-9a-f]{16}$/);
        names.add(reply.json.name);
      }
      assert.equal(names.size, 3);
      assert.equal(emulator.messages(token).length, 3);
    });

    it("answers 401 without a bearer token", async () => {
      for (const headers of [{}, { authorization: "Bearer " }, { authorization: "Basic abc" }]) {
        const reply = await connection.ask(buildSend({ message: { token: "x" } }, headers));
        assert.equal(reply.status, 401);
        assert.equal(reply.json.error.status, "UNAUTHENTICATED");
        assert.match(String(reply.headers["www-authenticate"]), /^Bearer/);
      }
    });

    it("answers a token that was never issued as Google documents it", async () => {
      const reply = await connection.ask(buildSend({ message: { token: "never-issued" } }));
      assert.equal(reply.status, 400);
      assert.deepEqual(reply.json, JSON.parse(invalidToken));
    });

    it("answers 404 UNREGISTERED for an uninstalled app, by token and by fid", async () => {
      const { token, fid } = emulator.createRegistration();
      emulator.setState(token, "uninstalled");
      for (const target of [{ token }, { fid }]) {
        const reply = await connection.ask(buildSend({ message: target }));
        assert.equal(reply.status, 404);
        assert.deepEqual(reply.json, {
          error: {
            code: 404,
            message: "Requested entity was not found.",
            status: "NOT_FOUND",
            details: [{ "@type": FCM_ERROR, errorCode: "UNREGISTERED" }],
          },
        });
      }
    });

    it("answers 404 without FcmError for another project", async () => {
      const { token } = emulator.createRegistration();
      const reply = await connection.ask({
        ...buildSend({ message: { token } }),
        path: "/v1/projects/other/messages:send",
      });
      assert.equal(reply.status, 404);
      assert.deepEqual(reply.json, {
        error: { code: 404, message: "Requested entity was not found.", status: "NOT_FOUND" },
      });
    });

    it("accepts a fid in place of a token, and records it", async () => {
      const { token, fid } = emulator.createRegistration({ platform: "ios" });
      assert.equal((await connection.ask(buildSend({ message: { fid } }))).status, 200);
      const [record] = emulator.messages(token);
      assert.deepEqual([record?.token, record?.fid], [token, fid]);
    });

    it("answers 404 UNREGISTERED for an unknown fid in any format", async () => {
      for (const fid of ["dyefXrmQZFjTpU66NPAkD_", "no fid"]) {
        const reply = await connection.ask(buildSend({ message: { fid } }));
        assert.deepEqual([reply.status, reply.json], [404, JSON.parse(unregistered)]);
      }
    });

    it("only validates with validate_only, in either spelling", async () => {
      const { token } = emulator.createRegistration();
      for (const flag of ["validate_only", "validateOnly"]) {
        const reply = await connection.ask(buildSend({ [flag]: true, message: { token } }));
        assert.deepEqual([reply.status, reply.text], [200, '{"name":"projects/demo/messages/fake_message_id"}']);
      }
      const refused = await connection.ask(buildSend({ validate_only: true, message: { token, oops: 1 } }));
      assert.equal(refused.status, 400);
      assert.deepEqual(emulator.messages(token), []);
    });

    it("answers 400 to a body that is not JSON in UTF-8, and goes on", async () => {
      for (const body of ["", "{", "nonsense", Buffer.from([0x22, 0xff, 0xfe, 0x22])]) {
        const reply = await connection.ask(buildSend(body));
        assert.equal(reply.status, 400);
        assert.equal(reply.json.error.status, "INVALID_ARGUMENT");
      }
      const { token } = emulator.createRegistration();
      assert.equal((await connection.ask(buildSend({ message: { token } }))).status, 200);
    });

    it("accepts a topic and a condition, and records them without a token", async () => {
      for (const target of [{ topic: "news" }, { condition: "'a' in topics && ('b' in topics || !('c' in topics))" }]) {
        assert.equal((await connection.ask(buildSend({ message: target }))).status, 200);
        const record = emulator.messages().at(-1);
        assert.deepEqual([record?.token, record?.message], [null, target]);
      }
    });

    it("answers requests that are no send in Google's own form", async () => {
      const get = await connection.ask({ path: "/v1/projects/demo/messages:send" });
      assert.deepEqual([get.status, get.json.error.code], [405, 405]);
      const lost = await connection.ask({ path: "/v1/projects/demo/nothing" });
      assert.deepEqual([lost.status, lost.json.error.status], [404, "NOT_FOUND"]);
    });
  });
}
