import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";

import { startPushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import type { PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import { buildSend, openHttp1 } from "./connection.ts";
import type { Connection } from "./connection.ts";
import { createManualClock } from "./manual-clock.ts";

const PATH = "/emulator/v1/messages";

describe("the records of what was sent", () => {
  let emulator: PushEmulator;
  let connection: Connection;

  beforeEach(async () => {
    emulator = await startPushEmulator({ port: 0, clock: createManualClock(), maxMessages: 20 });
    connection = openHttp1(emulator.url);
    emulator.createRegistration({ token: "t" });
  });
  afterEach(async () => {
    connection.close();
    await emulator.close();
  });

  it("have id, token, message, times and delivery, oldest first", async () => {
    const { token } = emulator.createRegistration();
    const first = await connection.ask(buildSend({ message: { token, data: { n: "1" } } }));
    await connection.ask(buildSend({ message: { token: "t" } }));
    const { json } = await connection.ask({ path: PATH });
    assert.deepEqual(json.messages[0], {
      id: first.json.name.replace("projects/demo/messages/", ""),
      channel: "fcm",
      token,
      message: { token, data: { n: "1" } },
      acceptedAt: "2026-11-22T00:00:00.000Z",
      delivery: "delivered",
      deliveredAt: "2026-11-22T00:00:00.000Z",
    });
    assert.deepEqual(
      json.messages.map((record: { token: string }) => record.token),
      [token, "t"],
    );
    const own = await connection.ask({ path: `${PATH}?token=${token}` });
    assert.equal(own.json.messages.length, 1);
    const newest = await connection.ask({ path: `${PATH}?limit=1` });
    assert.equal(newest.json.messages[0].token, "t");
    assert.deepEqual((await connection.ask({ path: `${PATH}?token=nobody` })).json, { messages: [] });
  });

  const written = [
    String.raw`{"token":"t","data":{"name":"홍길동 🗓","esc":"\uac00\/\n\"}{][,"}}`,
    String.raw`{"data":{"z":"1","a":"2","10":"3","2":"4"},"token":"t"}`,
    `{"token":"t","apns":{"payload":{"n":1.0,"e":1e2,"big":12345678901234567890,"neg":-0,"t":true,"x":null,"l":[1.50,[]]}}}`,
    `{ "token" :\t"t" ,\r\n "data" : { "k\\u0065y" : "v" } }`,
  ];
  for (const message of written) {
    for (const [where, body] of [
      ["alone", `{"message":${message}}`],
      ["before a flag", `{"message":${message},"validate_only":false}`],
      ["after a flag and among spaces", ` {\n"validate_only" : false ,"message" :  ${message} \n} `],
      ["under an escaped name", `{"m\\u0065ssage":${message}}`],
    ] as const) {
      it(`keep the message as posted, character for character: ${JSON.stringify(message).slice(1, 30)}… ${where}`, async () => {
        assert.equal((await connection.ask(buildSend(body))).status, 200);
        assert.equal(emulator.messages("t")[0]?.messageText, message);
        const { text } = await connection.ask({ path: PATH });
        assert.ok(text.includes(`"message":${message},"acceptedAt"`), text);
        assert.deepEqual(JSON.parse(text).messages[0].message, JSON.parse(message));
      });
    }
  }

  it("drop the oldest when there is no more room", async () => {
    emulator.createRegistration({ token: "u" });
    for (let n = 0; n < 50; n += 1) {
      const token = n % 2 === 0 ? "t" : "u";
      await connection.ask(buildSend({ message: { token, data: { n: String(n) } } }));
    }
    const read = (token?: string): unknown[] =>
      emulator.messages(token).map(({ message }) => Number((message as { data: { n: string } }).data.n));
    assert.deepEqual(
      read(),
      Array.from({ length: 20 }, (_, index) => index + 30),
    );
    assert.deepEqual(
      read("u"),
      Array.from({ length: 10 }, (_, index) => 2 * index + 31),
    );
  });

  it("are listed completely, however many there are", async () => {
    const many = await startPushEmulator({ port: 0 });
    const { token } = many.createRegistration();
    const other = openHttp1(many.url);
    const data = { pad: "x".repeat(3500) };
    for (let n = 0; n < 100; n += 1) await other.ask(buildSend({ message: { token, data } }));
    const { text, json } = await other.ask({ path: PATH });
    assert.ok(text.length > 256 * 1024);
    assert.equal(json.messages.length, 100);
    other.close();
    await many.close();
  });
});
