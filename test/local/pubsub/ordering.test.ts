import assert from "node:assert/strict";
import { after, describe, it } from "node:test";

import { Stage, texts } from "./stage.ts";

const stage = await Stage.open({ after });

describe("messages of one ordering key", { timeout: 5000 }, () => {
  it("arrive in the order they were published", async () => {
    const { topic, subscription } = await stage.line({ enableMessageOrdering: true });
    await stage.publish(topic, ["a1", "a2"], "a");
    await stage.publish(topic, ["b1"], "b");
    await stage.publish(topic, ["a3"], "a");
    const pulled = texts(await stage.pull(subscription));
    assert.deepEqual(pulled.toSorted(), ["a1", "a2", "a3", "b1"]);
    assert.deepEqual(
      pulled.filter((text) => text.startsWith("a")),
      ["a1", "a2", "a3"],
    );
  });

  it("all come again from the failed one on, those acked meanwhile too", async () => {
    const { topic, subscription } = await stage.line({ enableMessageOrdering: true });
    await stage.publish(topic, ["1", "2", "3", "4"], "key");
    const pulled = await stage.pull(subscription);
    await stage.acknowledge(
      subscription,
      [pulled[0], pulled[3]].filter((each) => each !== undefined),
    );
    await stage.modifyDeadline(subscription, pulled.slice(1, 2), 0);
    const again = await stage.pull(subscription);
    assert.deepEqual(texts(again), ["2", "3", "4"]);
    await stage.acknowledge(subscription, again);
    stage.clock.turn(10_000);
    assert.deepEqual(await stage.pull(subscription), []);
  });

  it("come again in order when their deadlines pass together", async () => {
    const { topic, subscription } = await stage.line({ enableMessageOrdering: true });
    const sent = Array.from({ length: 50 }, (_, index) => String(index));
    await stage.publish(topic, sent, "key");
    await stage.pull(subscription);
    stage.clock.turn(10_000);
    assert.deepEqual(texts(await stage.pull(subscription)), sent);
  });

  it("go to nobody else while one of them is out", async () => {
    const { topic, subscription } = await stage.line({ enableMessageOrdering: true });
    await stage.publish(topic, ["1", "2", "3"], "key");
    const first = await stage.pull(subscription, 1);
    assert.deepEqual(await stage.pull(subscription), []);
    await stage.publish(topic, ["other"], "other key");
    assert.deepEqual(texts(await stage.pull(subscription)), ["other"]);
    await stage.acknowledge(subscription, first);
    assert.deepEqual(texts(await stage.pull(subscription)), ["2", "3"]);
  });

  it("wait for the one the retry policy holds back", async () => {
    const retryPolicy = { minimumBackoff: { seconds: 5 }, maximumBackoff: { seconds: 5 } };
    const { topic, subscription } = await stage.line({ enableMessageOrdering: true, retryPolicy });
    await stage.publish(topic, ["1", "2"], "key");
    await stage.modifyDeadline(subscription, await stage.pull(subscription, 1), 0);
    assert.deepEqual(await stage.pull(subscription), []);
    stage.clock.turn(5000);
    assert.deepEqual(texts(await stage.pull(subscription)), ["1", "2"]);
  });

  it("are served like any others when the subscription does not order", async () => {
    const { topic, subscription } = await stage.line();
    await stage.publish(topic, ["1", "2"], "key");
    await stage.pull(subscription, 1);
    assert.deepEqual(texts(await stage.pull(subscription)), ["2"]);
  });
});
