import assert from "node:assert/strict";
import { describe, it } from "node:test";

import type { Message, PubSub, Subscription } from "@google-cloud/pubsub";

import { CutLine } from "./cut-line.ts";
import { skipOnOfficial, Setup } from "./setup.ts";

describe("the client library's subscriber", { timeout: 30000 }, () => {
  it("gets what topic.publishMessage publishes, and an ack is final", async (t) => {
    const setup = await Setup.open(t);
    const [topic] = await setup.pubsub.createTopic("calls");
    const [subscription] = await topic.createSubscription("worker");
    const id = await topic.publishMessage({ json: { exten: "07045144801" }, attributes: { kind: "silent" } });
    const [message] = await take(subscription, 1, (each) => each.ack());
    assert.equal(message?.id, id);
    assert.deepEqual(JSON.parse(String(message.data)), { exten: "07045144801" });
    assert.deepEqual(message.attributes, { kind: "silent" });
    assert.ok(message.publishTime.getTime() > 0);
    await subscription.close();
    setup.assertSettled();
  });

  it("gets a nacked message again at once", async (t) => {
    const setup = await Setup.open(t);
    const [topic] = await setup.pubsub.createTopic("calls");
    const [subscription] = await topic.createSubscription("worker");
    await topic.publishMessage({ data: Buffer.from("a") });
    let deliveries = 0;
    await take(subscription, 2, (message) => {
      deliveries += 1;
      if (deliveries === 1) message.nack();
      else message.ack();
    });
    await subscription.close();
  });

  it("gets each of a burst of 10,000 messages exactly once when it acks them", async (t) => {
    const setup = await Setup.open(t);
    const [topic] = await setup.pubsub.createTopic("calls", {});
    const [subscription] = await topic.createSubscription("worker");
    const count = 10_000;
    const taken = take(subscription, count, (message) => message.ack());
    const fast = setup.pubsub.topic("calls", { batching: { maxMessages: 1000, maxMilliseconds: 5 } });
    const ids = await Promise.all(
      Array.from({ length: count }, async (_, index) => fast.publishMessage({ data: Buffer.from(String(index)) })),
    );
    const received = (await taken).map(({ id }) => id);
    assert.equal(received.length, count);
    assert.deepEqual(new Set(received), new Set(ids));
    await subscription.close();
    setup.assertSettled();
  });

  it("shares a subscription with another without duplicates", async (t) => {
    const setup = await Setup.open(t);
    const [topic] = await setup.pubsub.createTopic("calls");
    await topic.createSubscription("worker");
    const count = 300;
    const received: string[] = [];
    const all = Promise.withResolvers<void>();
    const workers = [setup.pubsub, setup.connect(setup.server.host)].map((pubsub) =>
      listen(pubsub, "worker", (message) => {
        message.ack();
        received.push(String(message.data));
        if (received.length === count) all.resolve();
      }),
    );
    for (let index = 0; index < count; index += 100) {
      await setup.publish(
        topic.name,
        Array.from({ length: 100 }, (_, each) => String(index + each)),
      );
    }
    await all.promise;
    await Promise.all(workers.map(async (worker) => worker.close()));
    setup.assertSettled();
    assert.equal(new Set(received).size, count);
  });

  it(
    "goes on after its connection broke, and gets unacked messages again",
    skipOnOfficial("it has no clock"),
    async (t) => {
      const setup = await Setup.open(t);
      const { topic, subscription } = await setup.line();
      const line = await CutLine.open(t, setup.server.port);
      const pubsub = setup.connect(line.host);
      const received: string[] = [];
      let told = Promise.withResolvers<void>();
      const worker = listen(pubsub, subscription, (message) => {
        received.push(String(message.data));
        told.resolve();
      });
      await setup.publish(topic, ["a"]);
      await told.promise;
      told = Promise.withResolvers();
      line.cut();
      await setup.publish(topic, ["b"]);
      await told.promise;
      told = Promise.withResolvers();
      setup.clock.turn(60_000);
      await told.promise;
      assert.deepEqual(received.slice(0, 2), ["a", "b"]);
      assert.ok(received.length > 2, "unacked messages must come again");
      await worker.close();
      await pubsub.close();
    },
  );

  it("gets an error when its subscription does not exist", async (t) => {
    const setup = await Setup.open(t);
    const worker = setup.pubsub.subscription("nobody");
    const failed = Promise.withResolvers<Error & { code?: number }>();
    worker.on("error", failed.resolve);
    worker.on("message", () => {});
    assert.equal((await failed.promise).code, 5);
    await worker.close();
  });
});

function listen(pubsub: PubSub, subscription: string, each: (message: Message) => void): Subscription {
  const worker = pubsub.subscription(subscription);
  worker.on("message", each);
  return worker;
}

/** Resolves with the next `count` messages, after `each` has handled them. */
async function take(worker: Subscription, count: number, each: (message: Message) => void): Promise<Message[]> {
  return new Promise((resolve, reject) => {
    const messages: Message[] = [];
    worker.on("error", reject);
    worker.on("message", (message: Message) => {
      messages.push(message);
      each(message);
      if (messages.length === count) resolve(messages);
    });
  });
}
