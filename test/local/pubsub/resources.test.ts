import assert from "node:assert/strict";
import { after, describe, it } from "node:test";

import { Stage, texts } from "./stage.ts";

const codes = { invalidArgument: 3, notFound: 5, alreadyExists: 6, failedPrecondition: 9, unimplemented: 12 };

const stage = await Stage.open({ after });

describe("topics and subscriptions", { timeout: 5000 }, () => {
  it("are created once", async () => {
    const { topic: name, subscription } = await stage.line();
    await assert.rejects(stage.publisher.createTopic({ name }), { code: codes.alreadyExists });
    await assert.rejects(stage.subscriber.createSubscription({ name: subscription, topic: name }), {
      code: codes.alreadyExists,
    });
  });

  it("are NOT_FOUND by every RPC that needs one", async () => {
    const { publisher, subscriber } = stage;
    const topic = "projects/demo-pubsub/topics/nowhere";
    const subscription = "projects/demo-pubsub/subscriptions/nobody";
    const messages = [{ data: Buffer.from("a") }];
    const calls: (() => Promise<unknown>)[] = [
      async () => publisher.getTopic({ topic }),
      async () => publisher.deleteTopic({ topic }),
      async () => publisher.publish({ topic, messages }),
      async () => publisher.listTopicSubscriptions({ topic }),
      async () => publisher.updateTopic({ topic: { name: topic }, updateMask: { paths: ["labels"] } }),
      async () => publisher.detachSubscription({ subscription }),
      async () => subscriber.createSubscription({ name: subscription, topic }),
      async () => subscriber.getSubscription({ subscription }),
      async () => subscriber.deleteSubscription({ subscription }),
      async () => subscriber.pull({ subscription, maxMessages: 1 }),
      async () => subscriber.acknowledge({ subscription, ackIds: [] }),
      async () => subscriber.modifyAckDeadline({ subscription, ackIds: [], ackDeadlineSeconds: 0 }),
    ];
    for (const call of calls) await assert.rejects(call, { code: codes.notFound });
  });

  it("need a name Pub/Sub would take", async () => {
    const ids = ["ab", "1calls", "googcalls", "a b c", "x".repeat(256), "한국어", "calls/more"];
    for (const name of [
      "calls",
      "projects/demo-pubsub/topics",
      "projects//topics/calls",
      ...ids.map((id) => stage.topicName(id)),
    ]) {
      await assert.rejects(stage.publisher.createTopic({ name }), { code: codes.invalidArgument }, name);
    }
    for (const id of ["x".repeat(255), "a-_.~+%9"]) await stage.createTopic(id);
  });

  it("are listed by project, page by page", async (t) => {
    const alone = await Stage.open(t);
    const ids = Array.from({ length: 5 }, (_, index) => `topic-${index}`);
    for (const id of ids) await alone.createTopic(id);
    await alone.publisher.createTopic({ name: "projects/another/topics/theirs" });
    const pages: string[][] = [];
    let pageToken = "";
    do {
      const [topics, , page] = await alone.publisher.listTopics(
        { project: "projects/demo-pubsub", pageSize: 2, pageToken },
        { autoPaginate: false },
      );
      pages.push(topics.map(({ name }) => name ?? ""));
      pageToken = page?.nextPageToken ?? "";
    } while (pageToken !== "");
    assert.deepEqual(
      pages.map(({ length }) => length),
      [2, 2, 1],
    );
    assert.deepEqual(
      pages.flat(),
      ids.map((id) => alone.topicName(id)),
    );
  });

  it("are listed with what hangs on them", async (t) => {
    const alone = await Stage.open(t);
    const { topic, subscription } = await alone.line();
    const audit = await alone.subscribe(topic);
    assert.deepEqual((await alone.publisher.listTopicSubscriptions({ topic }))[0], [subscription, audit]);
    const [all] = await alone.subscriber.listSubscriptions({ project: "projects/demo-pubsub" });
    assert.deepEqual(
      all.map(({ name }) => name),
      [subscription, audit],
    );
  });

  it("answer with the defaults of the real service", async () => {
    const { topic, subscription } = await stage.line();
    const [config] = await stage.subscriber.getSubscription({ subscription });
    assert.equal(config.topic, topic);
    assert.equal(config.ackDeadlineSeconds, 10);
    assert.equal(Number(config.messageRetentionDuration?.seconds), 7 * 86_400);
    assert.equal(config.state, "ACTIVE");
  });

  it("are changed in the masked fields only, at once", async () => {
    const { topic, subscription } = await stage.line({ labels: { kept: "yes" } });
    const [updated] = await stage.subscriber.updateSubscription({
      subscription: { name: subscription, ackDeadlineSeconds: 20 },
      updateMask: { paths: ["ack_deadline_seconds"] },
    });
    assert.deepEqual(updated.labels, { kept: "yes" });
    await stage.publish(topic, ["a"]);
    await stage.pull(subscription);
    stage.clock.turn(19_999);
    assert.deepEqual(await stage.pull(subscription), []);
    stage.clock.turn(1);
    assert.deepEqual(texts(await stage.pull(subscription)), ["a"]);
    await assert.rejects(
      stage.subscriber.updateSubscription({
        subscription: { name: subscription, topic: "projects/demo-pubsub/topics/other" },
        updateMask: { paths: ["topic"] },
      }),
      { code: codes.invalidArgument },
    );
  });

  it("go separately: a subscription outlives its topic with what it holds", async () => {
    const { topic, subscription } = await stage.line();
    await stage.publish(topic, ["a"]);
    await stage.publisher.deleteTopic({ topic });
    await stage.publisher.createTopic({ name: topic });
    await stage.publish(topic, ["to the new topic"]);
    const [config] = await stage.subscriber.getSubscription({ subscription });
    assert.equal(config.topic, "_deleted-topic_");
    assert.deepEqual(texts(await stage.pull(subscription)), ["a"]);
  });

  it("start empty when created again under the old name", async () => {
    const { topic, subscription } = await stage.line();
    await stage.publish(topic, ["a"]);
    await stage.subscriber.deleteSubscription({ subscription });
    await stage.subscriber.createSubscription({ name: subscription, topic });
    assert.deepEqual(await stage.pull(subscription), []);
  });

  it("are detached for good: nothing more to pull", async () => {
    const { topic, subscription } = await stage.line();
    await stage.publisher.detachSubscription({ subscription });
    await assert.rejects(stage.pull(subscription), { code: codes.failedPrecondition });
    assert.deepEqual((await stage.publisher.listTopicSubscriptions({ topic }))[0], []);
    assert.equal((await stage.subscriber.getSubscription({ subscription }))[0].detached, true);
  });
});

describe("what is refused", { timeout: 5000 }, () => {
  it("is an empty publish, an empty message and one beyond the limits", async () => {
    const topic = await stage.createTopic();
    const data = Buffer.from("a");
    for (const messages of [
      [],
      [{}],
      [{ data }, { orderingKey: "only a key" }],
      [{ attributes: { "": "no key" } }],
      [{ attributes: { long: "x".repeat(1025) } }],
      [{ data, orderingKey: "x".repeat(1025) }],
      Array.from({ length: 1001 }, () => ({ data })),
      [{ data: Buffer.alloc(10_000_001) }],
    ]) {
      await assert.rejects(stage.publisher.publish({ topic, messages }), { code: codes.invalidArgument });
    }
  });

  it("is a subscription whose numbers are out of range", async () => {
    const topic = await stage.createTopic();
    for (const options of [
      { ackDeadlineSeconds: 9 },
      { ackDeadlineSeconds: 601 },
      { messageRetentionDuration: { seconds: 599 } },
      { retryPolicy: { minimumBackoff: { seconds: 601 } } },
      { retryPolicy: { minimumBackoff: { seconds: 20 }, maximumBackoff: { seconds: 10 } } },
      { deadLetterPolicy: { deadLetterTopic: topic, maxDeliveryAttempts: 4 } },
    ]) {
      await assert.rejects(stage.subscribe(topic, options), { code: codes.invalidArgument });
    }
  });

  it("is what this server cannot do, by its name, rather than ignored", async () => {
    const { topic, subscription } = await stage.line();
    for (const [field, options] of Object.entries({
      filter: { filter: 'attributes.kind = "silent"' },
      enable_exactly_once_delivery: { enableExactlyOnceDelivery: true },
      "push_config.push_endpoint": { pushConfig: { pushEndpoint: "http://127.0.0.1/" } },
      bigquery_config: { bigqueryConfig: { table: "project.dataset.table" } },
    })) {
      await assert.rejects(stage.subscribe(topic, options), {
        code: codes.unimplemented,
        message: new RegExp(`Subscription\\.${field} is not implemented`),
      });
    }
    await assert.rejects(stage.subscriber.seek({ subscription, time: { seconds: 0 } }), {
      code: codes.unimplemented,
      message: /google\.pubsub\.v1\.Subscriber\.Seek/,
    });
    await assert.rejects(stage.pubsub.createSchema("schema", "AVRO", "{}"), {
      code: codes.unimplemented,
      message: /google\.pubsub\.v1\.SchemaService\.CreateSchema/,
    });
  });

  it("is an ack id that never was one", async () => {
    const { subscription } = await stage.line();
    await assert.rejects(stage.subscriber.acknowledge({ subscription, ackIds: ["what?"] }), {
      code: codes.invalidArgument,
    });
  });
});
