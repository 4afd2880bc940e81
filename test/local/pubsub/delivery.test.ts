import assert from "node:assert/strict";
import { after, describe, it } from "node:test";

import { Stage, texts } from "./stage.ts";

const stage = await Stage.open({ after });

describe("a message on a subscription", { timeout: 5000 }, () => {
  it("arrives as it was published, with an id and the time", async () => {
    const { topic, subscription } = await stage.line();
    const data = Buffer.from([0, 255, 10]);
    const [{ messageIds }] = await stage.publisher.publish({
      topic,
      messages: [{ data, attributes: { campaign: "pathDaily" }, orderingKey: "k" }],
    });

    const [pulled] = await stage.pull(subscription);

    assert.deepEqual(pulled?.message.data, data);
    assert.deepEqual(pulled?.message.attributes, { campaign: "pathDaily" });
    assert.equal(pulled?.message.orderingKey, "k");
    assert.equal(pulled?.message.messageId, messageIds?.[0]);
    assert.equal(Number(pulled?.message.publishTime?.seconds) * 1000, stage.clock.now());
    assert.equal(pulled?.attempt, 0);
  });

  it("gets an id that grows with each message", async () => {
    const topic = await stage.createTopic();
    const ids = [...(await stage.publish(topic, ["a", "b"])), ...(await stage.publish(topic, ["c"]))].map(Number);
    assert.deepEqual(
      ids,
      ids.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(ids).size, 3);
  });

  it("never comes back once acked", async () => {
    const { topic, subscription } = await stage.line();
    await stage.publish(topic, ["a", "b"]);
    await stage.acknowledge(subscription, await stage.pull(subscription, 1));
    stage.clock.turn(600_000);
    assert.deepEqual(texts(await stage.pull(subscription)), ["b"]);
  });

  it("comes back at once when nacked, and the old ack id no longer counts", async () => {
    const { topic, subscription } = await stage.line();
    await stage.publish(topic, ["a"]);
    const first = await stage.pull(subscription);
    await stage.modifyDeadline(subscription, first, 0);
    await stage.acknowledge(subscription, first);
    assert.deepEqual(texts(await stage.pull(subscription)), ["a"]);
  });

  it("comes back when its ack deadline passes, and not a moment before", async () => {
    const { topic, subscription } = await stage.line({ ackDeadlineSeconds: 30 });
    await stage.publish(topic, ["a"]);
    await stage.pull(subscription);
    stage.clock.turn(29_999);
    assert.deepEqual(await stage.pull(subscription), []);
    stage.clock.turn(1);
    assert.deepEqual(texts(await stage.pull(subscription)), ["a"]);
  });

  it("stays out as long as its lease is extended", async () => {
    const { topic, subscription } = await stage.line();
    await stage.publish(topic, ["a"]);
    const held = await stage.pull(subscription);
    stage.clock.turn(9000);
    await stage.modifyDeadline(subscription, held, 60);
    stage.clock.turn(59_999);
    assert.deepEqual(await stage.pull(subscription), []);
    stage.clock.turn(1);
    assert.deepEqual(texts(await stage.pull(subscription)), ["a"]);
  });

  it("is settled by a late ack while nobody was sent it again", async () => {
    const { topic, subscription } = await stage.line();
    await stage.publish(topic, ["a"]);
    const late = await stage.pull(subscription);
    stage.clock.turn(10_000);
    await stage.acknowledge(subscription, late);
    assert.deepEqual(await stage.pull(subscription), []);
  });

  it("is not settled by the ack of an earlier delivery once it was sent again", async () => {
    const { topic, subscription } = await stage.line();
    await stage.publish(topic, ["a"]);
    const late = await stage.pull(subscription);
    stage.clock.turn(10_000);
    await stage.pull(subscription);
    await stage.acknowledge(subscription, late);
    stage.clock.turn(10_000);
    assert.deepEqual(texts(await stage.pull(subscription)), ["a"]);
  });

  it("can be acked in any order", async () => {
    const { topic, subscription } = await stage.line();
    await stage.publish(topic, ["a", "b", "c", "d"]);
    const pulled = await stage.pull(subscription);
    await stage.acknowledge(subscription, pulled.filter(({ text }) => text === "d" || text === "b").toReversed());
    stage.clock.turn(10_000);
    assert.deepEqual(texts(await stage.pull(subscription)).toSorted(), ["a", "c"]);
  });

  it("is dropped when nobody acked it within the retention", async () => {
    const { topic, subscription } = await stage.line({ messageRetentionDuration: { seconds: 600 } });
    await stage.publish(topic, ["old"]);
    stage.clock.turn(599_000);
    await stage.publish(topic, ["new"]);
    stage.clock.turn(1000);
    assert.deepEqual(texts(await stage.pull(subscription)), ["new"]);
  });
});

describe("who gets a message", { timeout: 5000 }, () => {
  it("is each subscription of the topic, independently", async () => {
    const { topic, subscription } = await stage.line();
    const other = await stage.subscribe(topic);
    await stage.publish(topic, ["a", "b"]);
    await stage.acknowledge(subscription, await stage.pull(subscription));
    assert.deepEqual(texts(await stage.pull(other)), ["a", "b"]);
  });

  it("is nobody who subscribed after it was published", async () => {
    const topic = await stage.createTopic();
    await stage.publish(topic, ["lost"]);
    const subscription = await stage.subscribe(topic);
    await stage.publish(topic, ["kept"]);
    assert.deepEqual(texts(await stage.pull(subscription)), ["kept"]);
  });

  it("is the Pull that waits for it", async () => {
    const { topic, subscription } = await stage.line();
    const waiting = stage.subscriber.pull({ subscription, maxMessages: 10 });
    await stage.publish(topic, ["a", "b"]);
    const [{ receivedMessages }] = await waiting;
    assert.equal(receivedMessages?.length, 2);
  });

  it("is not a Pull that gave up waiting", async () => {
    const { topic, subscription } = await stage.line();
    await assert.rejects(stage.subscriber.pull({ subscription, maxMessages: 10 }, { timeout: 20, retry: null }), {
      code: 4,
    });
    await stage.publish(topic, ["a"]);
    assert.deepEqual(texts(await stage.pull(subscription)), ["a"]);
  });
});

describe("a message that keeps failing", { timeout: 5000 }, () => {
  it("waits as the retry policy says, twice as long each time", async () => {
    const retryPolicy = { minimumBackoff: { seconds: 4 }, maximumBackoff: { seconds: 6 } };
    const { topic, subscription } = await stage.line({ retryPolicy });
    await stage.publish(topic, ["a"]);
    for (const backoffMs of [4000, 6000]) {
      await stage.modifyDeadline(subscription, await stage.pull(subscription), 0);
      stage.clock.turn(backoffMs - 1);
      assert.deepEqual(await stage.pull(subscription), []);
      stage.clock.turn(1);
    }
    assert.deepEqual(texts(await stage.pull(subscription)), ["a"]);
  });

  it("moves to the dead-letter topic after its last attempt, and each attempt is numbered", async () => {
    const deadLetterTopic = await stage.createTopic();
    const dead = await stage.subscribe(deadLetterTopic);
    const { topic, subscription } = await stage.line({ deadLetterPolicy: { deadLetterTopic, maxDeliveryAttempts: 5 } });
    await stage.publish(topic, ["a"]);
    for (const attempt of [1, 2, 3, 4, 5]) {
      const pulled = await stage.pull(subscription);
      assert.equal(pulled[0]?.attempt, attempt);
      if (attempt % 2 === 0) stage.clock.turn(10_000);
      else await stage.modifyDeadline(subscription, pulled, 0);
    }
    assert.deepEqual(await stage.pull(subscription), []);
    const [moved] = await stage.pull(dead);
    assert.equal(moved?.text, "a");
    assert.equal(
      moved?.message.attributes?.["CloudPubSubDeadLetterSourceSubscription"],
      subscription.split("/").at(-1),
    );
    assert.equal(moved?.message.attributes?.["CloudPubSubDeadLetterSourceDeliveryCount"], "5");
  });

  it("stays when its dead-letter topic is gone", async () => {
    const deadLetterTopic = await stage.createTopic();
    const { topic, subscription } = await stage.line({ deadLetterPolicy: { deadLetterTopic } });
    await stage.publisher.deleteTopic({ topic: deadLetterTopic });
    await stage.publish(topic, ["a"]);
    for (let attempt = 1; attempt <= 6; attempt += 1) {
      await stage.modifyDeadline(subscription, await stage.pull(subscription), 0);
    }
    assert.deepEqual(texts(await stage.pull(subscription)), ["a"]);
  });
});
