import assert from "node:assert/strict";
import { after, describe, it } from "node:test";

import { OpenStream } from "./open-stream.ts";
import { skipOnOfficial, Setup, texts } from "./setup.ts";

const setup = await Setup.open({ after });
const noClock = skipOnOfficial("it has no clock to turn");

describe("a message on a subscription", { timeout: 10_000 }, () => {
  it("arrives as it was published, with an id and the time", async () => {
    const { topic, subscription } = await setup.line();
    const stream = new OpenStream(setup, subscription);
    const data = Buffer.from([0, 255, 10]);
    const [{ messageIds }] = await setup.publisher.publish({
      topic,
      messages: [{ data, attributes: { campaign: "pathDaily" }, orderingKey: "k" }],
    });

    const [pulled] = await stream.until(1);

    assert.deepEqual(pulled?.message.data, data);
    assert.deepEqual(pulled?.message.attributes, { campaign: "pathDaily" });
    assert.equal(pulled?.message.orderingKey, "k");
    assert.equal(pulled?.message.messageId, messageIds?.[0]);
    assert.ok(Number(pulled?.message.publishTime?.seconds) > 0);
    await stream.cancel();
  });

  it("gets an id that grows with each message", async () => {
    const topic = await setup.createTopic();
    const ids = [...(await setup.publish(topic, ["a", "b"])), ...(await setup.publish(topic, ["c"]))].map(Number);
    assert.deepEqual(
      ids,
      ids.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(ids).size, 3);
  });

  it("never comes back once acked, in any order", noClock, async () => {
    const { topic, subscription } = await setup.line();
    const stream = new OpenStream(setup, subscription);
    await setup.publish(topic, ["a", "b", "c"]);
    const [a, b, c] = await stream.until(3);
    await setup.acknowledge(subscription, [c!, a!]);
    setup.clock.turn(10_000);
    assert.deepEqual(texts(await stream.until(4)).slice(3), ["b"]);
    await setup.acknowledge(subscription, [b!, stream.received[3]!]);
    setup.clock.turn(600_000);
    await setup.publish(topic, ["later"]);
    assert.deepEqual(texts(await stream.until(5)).slice(4), ["later"]);
  });

  it("comes back at once when nacked, and the old ack id no longer counts", noClock, async () => {
    const { topic, subscription } = await setup.line();
    const stream = new OpenStream(setup, subscription);
    await setup.publish(topic, ["a"]);
    const first = [...(await stream.until(1))];
    await setup.modifyDeadline(subscription, first, 0);
    await stream.until(2);
    await setup.acknowledge(subscription, first);
    setup.clock.turn(10_000);
    assert.deepEqual(texts(await stream.until(3)), ["a", "a", "a"]);
  });

  it("comes back when its ack deadline passes, and not before", noClock, async () => {
    const { topic, subscription } = await setup.line();
    const stream = new OpenStream(setup, subscription, { streamAckDeadlineSeconds: 30 });
    await setup.publish(topic, ["a"]);
    await stream.until(1);
    setup.clock.turn(29_999);
    await setup.publish(topic, ["b"]);
    assert.deepEqual(texts(await stream.until(2)), ["a", "b"]);
    setup.clock.turn(1);
    assert.deepEqual(texts(await stream.until(3)), ["a", "b", "a"]);
  });

  it("stays leased as long as its ack deadline is extended", noClock, async () => {
    const { topic, subscription } = await setup.line();
    const stream = new OpenStream(setup, subscription);
    await setup.publish(topic, ["a"]);
    const held = [...(await stream.until(1))];
    setup.clock.turn(9000);
    await setup.modifyDeadline(subscription, held, 60);
    setup.clock.turn(59_999);
    await setup.publish(topic, ["b"]);
    assert.deepEqual(texts(await stream.until(2)), ["a", "b"]);
    setup.clock.turn(1);
    assert.deepEqual(texts(await stream.until(3)), ["a", "b", "a"]);
  });

  it("is settled by a late ack as long as it was not sent again", noClock, async () => {
    const { topic, subscription } = await setup.line();
    const stream = new OpenStream(setup, subscription, { maxOutstandingMessages: 1 });
    await setup.publish(topic, ["a", "b", "c"]);
    const [a] = await stream.until(1);
    // The stream is full of b when a is in the queue again.
    setup.clock.turn(10_000);
    await stream.until(2);
    await setup.acknowledge(subscription, [a!]);
    stream.ack(stream.received[1]!);
    assert.deepEqual(texts(await stream.until(3)), ["a", "b", "c"]);
    stream.ack(stream.received[2]!);
    await setup.publish(topic, ["d"]);
    assert.deepEqual(texts(await stream.until(4)), ["a", "b", "c", "d"]);
  });

  it("goes to each subscription that the topic had when it was published", async () => {
    const { topic, subscription } = await setup.line();
    const other = await setup.subscribe(topic);
    await setup.publish(topic, ["a", "b"]);
    const late = await setup.subscribe(topic);
    await setup.publish(topic, ["c"]);
    const streams = [subscription, other, late].map((name) => new OpenStream(setup, name));
    const received = await Promise.all(streams.map(async (stream, at) => stream.until(at === 2 ? 1 : 3)));
    assert.deepEqual(
      received.map((pulled) => texts(pulled).toSorted()),
      [["a", "b", "c"], ["a", "b", "c"], ["c"]],
    );
    await Promise.all(streams.map(async (stream) => stream.cancel()));
  });
});
