import assert from "node:assert/strict";
import { once } from "node:events";
import { get } from "node:http";
import type { ClientRequest, IncomingMessage } from "node:http";
import { afterEach, beforeEach, describe, it } from "node:test";

import { startPushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import type { PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import { buildSend, openHttp1, openHttp2 } from "./connection.ts";
import type { Connection } from "./connection.ts";
import { createManualClock } from "./manual-clock.ts";

interface Listener {
  readonly request: ClientRequest;
  readonly response: IncomingMessage;
  /** Reads frames until one is an event. */
  next(): Promise<{ event: string; data: Record<string, unknown> }>;
}

/** Opens an event stream; resolves once the emulator confirms it. */
async function listen(url: string): Promise<Listener> {
  const request = get(url, { agent: false });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const frames = readFrames(response);
  const first = await frames.next();
  assert.deepEqual(first.value, [": listening"]);
  return {
    request,
    response,
    async next() {
      const { value } = await frames.next();
      const [event = "", data = "", ...rest] = value ?? [];
      assert.deepEqual(rest, []);
      return { event: event.replace(/^event: /, ""), data: JSON.parse(data.replace(/^data: /, "")) };
    },
  };
}

async function* readFrames(response: IncomingMessage): AsyncGenerator<string[], undefined> {
  let buffered = "";
  response.setEncoding("utf8");
  response.on("error", () => undefined);
  for await (const chunk of response) {
    buffered += String(chunk);
    const frames = buffered.split("\n\n");
    buffered = frames.pop() ?? "";
    for (const frame of frames) yield frame.split("\n");
  }
}

describe("a phone's stream", () => {
  let emulator: PushEmulator;
  let connection: Connection;

  beforeEach(async () => {
    emulator = await startPushEmulator({ port: 0, clock: createManualClock() });
    connection = openHttp1(emulator.url);
  });
  afterEach(async () => {
    connection.close();
    await emulator.close();
  });

  it("has the messages that reach the phone, as they reach it, and no other phone's", async () => {
    const { token, fid } = emulator.createRegistration();
    const other = emulator.createRegistration();
    const phone = await listen(`${emulator.url}/emulator/v1/registrations/${fid}/stream`);
    assert.equal(phone.response.headers["content-type"], "text/event-stream; charset=UTF-8");
    assert.equal(phone.response.headers["access-control-allow-origin"], "*");
    await connection.ask(buildSend({ message: { token: other.token } }));
    const sent = await connection.ask(buildSend(`{"message":{\r\n"token":"${token}",\n"data":{"name":"홍길동"}}}`));
    const { event, data } = await phone.next();
    assert.equal(event, "message");
    assert.deepEqual(data, {
      id: sent.json.name.split("/").at(-1),
      channel: "fcm",
      token,
      message: { token, data: { name: "홍길동" } },
      acceptedAt: "2026-11-22T00:00:00.000Z",
      delivery: "delivered",
      deliveredAt: "2026-11-22T00:00:00.000Z",
    });
    phone.request.destroy();
  });

  it("has the stored messages on the phone's return, oldest first", async () => {
    const { token } = emulator.createRegistration();
    const phone = await listen(`${emulator.url}/emulator/v1/registrations/${token}/stream`);
    emulator.setState(token, "offline");
    for (const n of ["1", "2"]) await connection.ask(buildSend({ message: { token, data: { n } } }));
    emulator.setState(token, "online");
    await connection.ask(buildSend({ message: { token, data: { n: "3" } } }));
    for (const n of ["1", "2", "3"]) {
      assert.deepEqual((await phone.next()).data["message"], { token, data: { n } });
    }
    phone.request.destroy();
  });

  it("works over HTTP/2, too", async () => {
    const { token } = emulator.createRegistration();
    const other = openHttp2(emulator.url);
    const stream = other.session.request({ ":path": `/emulator/v1/registrations/${token}/stream` });
    stream.setEncoding("utf8");
    const [hello] = await once(stream, "data");
    assert.equal(hello, ": listening\n\n");
    const heard = once(stream, "data");
    await connection.ask(buildSend({ message: { token } }));
    assert.match((await heard)[0], /^event: message\ndata: \{"id":/);
    other.close();
  });

  it("is refused for an unknown phone", async () => {
    assert.equal((await connection.ask({ path: "/emulator/v1/registrations/nobody/stream" })).status, 404);
  });

  it("has every event when it is the common one: phones, messages and their outcomes, counters, faults", async () => {
    const all = await listen(`${emulator.url}/emulator/v1/stream`);
    const { token } = emulator.createRegistration();
    emulator.setState(token, "offline");
    await connection.ask(buildSend({ message: { token, android: { collapse_key: "a" } } }));
    await connection.ask(buildSend({ message: { token, android: { collapse_key: "a" } } }));
    emulator.setState(token, "online");
    emulator.addFault({ error_code: "INTERNAL" });
    emulator.clearMessages();
    const heard: string[] = [];
    while (heard.at(-1) !== "cleared") {
      const { event, data } = await all.next();
      heard.push(
        `${event} ${JSON.stringify(data["state"] ?? data["delivery"] ?? data["accepted"] ?? "")}`
          .replaceAll('"', "")
          .trim(),
      );
    }
    assert.deepEqual(heard, [
      "registration online",
      "registration offline",
      "message stored",
      "counters 1",
      "message collapsed",
      "message stored",
      "counters 2",
      "message delivered",
      "registration online",
      "faults",
      "cleared",
    ]);
    all.request.destroy();
  });

  it("is removed when its listener disconnects, and the others go on", async () => {
    const { token } = emulator.createRegistration();
    const url = `${emulator.url}/emulator/v1/registrations/${token}/stream`;
    const [gone, stays] = [await listen(url), await listen(url)];
    gone.request.destroy();
    await connection.ask(buildSend({ message: { token } }));
    assert.equal((await stays.next()).data["token"], token);
    stays.request.destroy();
  });
});
