import assert from "node:assert/strict";
import { after, describe, it } from "node:test";

import { OpenStream } from "./open-stream.ts";
import { Stage, texts } from "./stage.ts";

const stage = await Stage.open({ after });

describe("a StreamingPull", { timeout: 5000 }, () => {
  it("brings what waits and what is published later, and settles what is acked on it", async () => {
    const { topic, subscription } = await stage.line();
    await stage.publish(topic, ["before"]);
    const stream = new OpenStream(stage, subscription);
    await stream.until(1);
    await stage.publish(topic, ["after"]);
    const received = await stream.until(2);
    assert.deepEqual(texts(received), ["before", "after"]);
    stream.ack(...received);
    // The acks are taken once this nack, sent behind them, has brought its message again.
    await stage.publish(topic, ["nacked"]);
    await stream.until(3);
    stream.nack(...stream.received.slice(2));
    await stream.until(4);
    await stream.cancel();
    assert.deepEqual(await pullUntil(subscription, ["nacked"]), ["nacked"]);
  });

  it("leases for the stream's own deadline", async () => {
    const { topic, subscription } = await stage.line({ ackDeadlineSeconds: 10 });
    await stage.publish(topic, ["a"]);
    const stream = new OpenStream(stage, subscription, { streamAckDeadlineSeconds: 60 });
    await stream.until(1);
    stage.clock.turn(59_999);
    assert.deepEqual(await stage.pull(subscription), []);
    stage.clock.turn(1);
    await stream.until(2);
    assert.deepEqual(texts(stream.received), ["a", "a"]);
  });

  it("holds no more messages than it asked for", async () => {
    const { topic, subscription } = await stage.line();
    await stage.publish(topic, ["1", "2", "3", "4", "5"]);
    const stream = new OpenStream(stage, subscription, { maxOutstandingMessages: 3 });
    await stream.until(3);
    assert.deepEqual(texts(await stage.pull(subscription, 1)), ["4"]);
    stream.ack(...stream.received.slice(0, 1));
    assert.deepEqual(texts(await stream.until(4)), ["1", "2", "3", "5"]);
  });

  it("holds no more bytes than it asked for", async () => {
    const { topic, subscription } = await stage.line();
    await stage.publish(topic, ["a".repeat(60), "b".repeat(60), "c".repeat(60)]);
    const stream = new OpenStream(stage, subscription, { maxOutstandingBytes: 100 });
    await stream.until(2);
    assert.deepEqual(texts(await stage.pull(subscription)), ["c".repeat(60)]);
  });

  it("shares the messages evenly with the other streams of its subscription", async () => {
    const { topic, subscription } = await stage.line();
    const streams = await openBoth(topic, subscription);
    const before = streams.map(({ received }) => received.length);
    const sent = Array.from({ length: 20 }, (_, index) => `call ${index}`);
    await stage.publish(topic, sent);
    const got = await Promise.all(
      streams.map(async (stream, index) => (await stream.until((before[index] ?? 0) + 10)).slice(before[index])),
    );
    assert.deepEqual(
      got.map(({ length }) => length),
      [10, 10],
    );
    assert.deepEqual(texts(got.flat()).toSorted(), sent.toSorted());
  });

  it("loses nothing when it breaks: what it held comes back at its deadline", async () => {
    const { topic, subscription } = await stage.line();
    await stage.publish(topic, ["a", "b"]);
    const broken = new OpenStream(stage, subscription);
    await broken.until(2);
    await broken.cancel();
    assert.deepEqual(await pullUntil(subscription, ["a", "b"]), ["a", "b"]);
  });

  it("keeps the messages of one ordering key together and in order under flow control", async () => {
    const { topic, subscription } = await stage.line({ enableMessageOrdering: true });
    const stream = new OpenStream(stage, subscription, { maxOutstandingMessages: 2 });
    const sent = Array.from({ length: 9 }, (_, index) => String(index));
    await stage.publish(topic, sent, "key");
    for (let count = 1; count <= sent.length; count += 1) {
      const received = await stream.until(count);
      stream.ack(...received.slice(count - 1, count));
    }
    assert.deepEqual(texts(stream.received), sent);
  });

  it("gets the next message of a key it holds once it has room again, however that came about", async () => {
    const { topic, subscription } = await stage.line({ enableMessageOrdering: true });
    await stage.publish(topic, ["1"], "key");
    await stage.publish(topic, ["x"]);
    const holder = new OpenStream(stage, subscription, { maxOutstandingMessages: 2 });
    await holder.until(2);
    const other = new OpenStream(stage, subscription);
    await stage.publish(topic, ["2"], "key");
    await stage.publish(topic, ["y"]);
    assert.deepEqual(texts(await other.until(1)), ["y"]);
    holder.ack(...holder.received.filter(({ text }) => text === "x"));
    assert.deepEqual(texts(await holder.until(3)).slice(2), ["2"]);
  });

  it("ends with NOT_FOUND when its subscription is deleted", async () => {
    const { topic, subscription } = await stage.line();
    const stream = new OpenStream(stage, subscription);
    await stage.publish(topic, ["a"]);
    await stream.until(1);
    const refused = stream.untilRefused();
    await stage.subscriber.deleteSubscription({ subscription });
    assert.equal(await refused, 5);
  });

  for (const [what, code, request] of [
    ["an unknown subscription", 5, { subscription: "projects/demo-pubsub/subscriptions/nobody" }],
    ["a deadline under 10 seconds", 3, { streamAckDeadlineSeconds: 9 }],
    ["an ack id that is none", 3, { ackIds: ["what?"] }],
    ["a deadline without its ack id", 3, { modifyDeadlineSeconds: [10] }],
  ] as const) {
    it(`is refused for ${what}`, async () => {
      const { subscription } = await stage.line();
      const stream = new OpenStream(stage, subscription, request as object);
      assert.equal(await stream.untilRefused(), code);
    });
  }

  it("is refused when it changes its limits on the way", async () => {
    const { subscription } = await stage.line();
    const stream = new OpenStream(stage, subscription);
    const refused = stream.untilRefused();
    stream.send({ maxOutstandingMessages: 5 });
    assert.equal(await refused, 3);
  });
});

/** Turns the clock by one deadline after another until all these came back, as the server may hear late that a stream broke. */
async function pullUntil(subscription: string, expected: string[]): Promise<string[]> {
  const received = new Set<string>();
  while (expected.some((text) => !received.has(text))) {
    stage.clock.turn(10_000);
    for (const text of texts(await stage.pull(subscription))) received.add(text);
  }
  return [...received].toSorted();
}

/** Opens two streams and returns once the server serves both: the first gives a message back until it reaches the second. */
async function openBoth(topic: string, subscription: string): Promise<[OpenStream, OpenStream]> {
  await stage.publish(topic, ["hello"]);
  const first = new OpenStream(stage, subscription);
  await first.until(1);
  const second = new OpenStream(stage, subscription);
  while (second.received.length === 0) {
    first.nack(...first.received.slice(-1));
    await Promise.race([first.until(first.received.length + 1), second.until(1)]);
  }
  return [first, second];
}
