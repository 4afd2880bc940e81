import assert from "node:assert/strict";
import { after, describe, it } from "node:test";

import { OpenStream } from "./open-stream.ts";
import { skipOnOfficial, Setup, texts } from "./setup.ts";

const setup = await Setup.open({ after });

describe("a StreamingPull", { timeout: 10_000 }, () => {
  it("brings waiting and new messages, and takes their acks", async () => {
    const { topic, subscription } = await setup.line();
    await setup.publish(topic, ["before"]);
    const stream = new OpenStream(setup, subscription);
    await stream.until(1);
    await setup.publish(topic, ["after"]);
    const received = await stream.until(2);
    assert.deepEqual(texts(received), ["before", "after"]);
    stream.ack(...received);
    // The acks are handled once this nack, sent behind them, has brought its message again.
    await setup.publish(topic, ["nacked"]);
    await stream.until(3);
    stream.nack(...stream.received.slice(2));
    assert.deepEqual(texts(await stream.until(4)).slice(3), ["nacked"]);
    stream.ack(...stream.received.slice(3));
    await stream.cancel();
  });

  it("holds no more messages than it asked for", skipOnOfficial("it distributes them differently"), async () => {
    const { topic, subscription } = await setup.line();
    await setup.publish(topic, ["1", "2", "3", "4", "5"]);
    const stream = new OpenStream(setup, subscription, { maxOutstandingMessages: 3 });
    await stream.until(3);
    const other = new OpenStream(setup, subscription);
    assert.deepEqual(texts(await other.until(2)), ["4", "5"]);
    await setup.publish(topic, ["6"]);
    assert.deepEqual(texts(await other.until(3)), ["4", "5", "6"]);
    assert.deepEqual(texts(stream.received), ["1", "2", "3"]);
    await Promise.all([stream.cancel(), other.cancel()]);
  });

  it("holds no more bytes than it asked for", skipOnOfficial("it distributes them differently"), async () => {
    const { topic, subscription } = await setup.line();
    await setup.publish(topic, ["a".repeat(60), "b".repeat(60), "c".repeat(60)]);
    const stream = new OpenStream(setup, subscription, { maxOutstandingBytes: 100 });
    await stream.until(2);
    const other = new OpenStream(setup, subscription);
    assert.deepEqual(texts(await other.until(1)), ["c".repeat(60)]);
    await Promise.all([stream.cancel(), other.cancel()]);
  });

  it(
    "shares the messages evenly with the other streams of its subscription",
    skipOnOfficial("it distributes them differently"),
    async () => {
      const { topic, subscription } = await setup.line();
      const streams = await openBoth(topic, subscription);
      const before = streams.map(({ received }) => received.length);
      const sent = Array.from({ length: 20 }, (_, index) => `call ${index}`);
      await setup.publish(topic, sent);
      const got = await Promise.all(
        streams.map(async (stream, index) => (await stream.until((before[index] ?? 0) + 10)).slice(before[index])),
      );
      assert.deepEqual(
        got.map(({ length }) => length),
        [10, 10],
      );
      assert.deepEqual(texts(got.flat()).toSorted(), sent.toSorted());
    },
  );

  it(
    "loses nothing when it breaks: its messages come back at their deadline",
    skipOnOfficial("it has no clock"),
    async () => {
      const { topic, subscription } = await setup.line();
      await setup.publish(topic, ["a", "b"]);
      const broken = new OpenStream(setup, subscription);
      await broken.until(2);
      await broken.cancel();
      const next = new OpenStream(setup, subscription);
      // The server may notice late that the other broke, and sends it every second message until then.
      while (["a", "b"].some((text) => !texts(next.received).includes(text))) {
        const before = next.received.length;
        setup.clock.turn(10_000);
        await setup.publish(topic, ["one more", "and another"]);
        await next.until(before + 1);
      }
      await next.cancel();
    },
  );

  for (const [what, code, request] of [
    ["an unknown subscription", 5, { subscription: `projects/${setup.projectId}/subscriptions/nobody` }],
    ["a deadline under 10 seconds", 3, { streamAckDeadlineSeconds: 9 }],
    ["an invalid ack id", 3, { ackIds: ["what?"] }],
    ["a deadline without its ack id", 3, { modifyDeadlineSeconds: [10] }],
  ] as const) {
    it(`is refused for ${what}`, async () => {
      const { subscription } = await setup.line();
      const stream = new OpenStream(setup, subscription, request as object);
      assert.equal(await stream.untilRefused(), code);
    });
  }

  it("is refused when it changes its limits later", skipOnOfficial("it takes them"), async () => {
    const { subscription } = await setup.line();
    const stream = new OpenStream(setup, subscription);
    const refused = stream.untilRefused();
    stream.send({ maxOutstandingMessages: 5 });
    assert.equal(await refused, 3);
  });
});

/** Opens two streams and returns once the server serves both: the first nacks a message until it reaches the second. */
async function openBoth(topic: string, subscription: string): Promise<[OpenStream, OpenStream]> {
  await setup.publish(topic, ["hello"]);
  const first = new OpenStream(setup, subscription);
  await first.until(1);
  const second = new OpenStream(setup, subscription);
  while (second.received.length === 0) {
    first.nack(...first.received.slice(-1));
    await Promise.race([first.until(first.received.length + 1), second.until(1)]);
  }
  return [first, second];
}
