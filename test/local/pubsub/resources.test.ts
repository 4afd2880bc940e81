import assert from "node:assert/strict";
import { after, describe, it } from "node:test";

import { skipOnOfficial, Setup } from "./setup.ts";

const codes = { invalidArgument: 3, notFound: 5, alreadyExists: 6, unimplemented: 12 };

const setup = await Setup.open({ after });

describe("topics and subscriptions", { timeout: 10_000 }, () => {
  it("are created once", async () => {
    const { topic: name, subscription } = await setup.line();
    await assert.rejects(setup.publisher.createTopic({ name }), { code: codes.alreadyExists });
    await assert.rejects(setup.subscriber.createSubscription({ name: subscription, topic: name }), {
      code: codes.alreadyExists,
    });
  });

  it("are NOT_FOUND in every RPC that needs one", async () => {
    const { publisher, subscriber } = setup;
    const topic = setup.topicName("nowhere");
    const subscription = setup.subscriptionName("nobody");
    const messages = [{ data: Buffer.from("a") }];
    const calls: (() => Promise<unknown>)[] = [
      async () => publisher.getTopic({ topic }),
      async () => publisher.publish({ topic, messages }),
      async () => subscriber.createSubscription({ name: subscription, topic }),
      async () => subscriber.getSubscription({ subscription }),
      async () => subscriber.acknowledge({ subscription, ackIds: ["0-1"] }),
      async () => subscriber.modifyAckDeadline({ subscription, ackIds: ["0-1"], ackDeadlineSeconds: 0 }),
    ];
    for (const call of calls) await assert.rejects(call, { code: codes.notFound });
  });

  it("need a name that Pub/Sub accepts", async () => {
    const ids = ["ab", "1calls", "googcalls", "a b c", "x".repeat(256), "한국어", "calls/more"];
    const names = ["calls", `projects/${setup.projectId}/topics`, ...ids.map(topicName)];
    for (const name of names) {
      await assert.rejects(setup.publisher.createTopic({ name }), { code: codes.invalidArgument }, name);
    }
    for (const id of ["x".repeat(255), "a-_.~+%9"]) await setup.createTopic(id);
  });

  it("have the defaults of the real service", async () => {
    const { topic, subscription } = await setup.line();
    const [config] = await setup.subscriber.getSubscription({ subscription });
    assert.equal(config.topic, topic);
    assert.equal(config.ackDeadlineSeconds, 10);
    assert.equal(Number(config.messageRetentionDuration?.seconds), 7 * 86_400);
    assert.ok(config.pushConfig !== null && config.pushConfig?.pushEndpoint === "");
    assert.equal((await setup.publisher.getTopic({ topic }))[0].name, topic);
  });
});

const topicName = (id: string) => setup.topicName(id);

describe("refused requests", { timeout: 10_000 }, () => {
  it("include an empty publish, an empty message and one over the limits", async () => {
    const topic = await setup.createTopic();
    const data = Buffer.from("a");
    for (const messages of [
      [],
      [{}],
      [{ data }, { orderingKey: "only a key" }],
      Array.from({ length: 1001 }, () => ({ data })),
    ]) {
      await assert.rejects(setup.publisher.publish({ topic, messages }), { code: codes.invalidArgument });
    }
  });

  it("include the real service's other limits", skipOnOfficial("it checks fewer limits"), async () => {
    const topic = await setup.createTopic();
    const data = Buffer.from("a");
    for (const messages of [
      [{ attributes: { "": "no key" } }],
      [{ attributes: { long: "x".repeat(1025) } }],
      [{ data, orderingKey: "x".repeat(1025) }],
      [{ data: Buffer.alloc(10_000_001) }],
    ]) {
      await assert.rejects(setup.publisher.publish({ topic, messages }), { code: codes.invalidArgument });
    }
    await assert.rejects(setup.subscribe(topic, { ackDeadlineSeconds: 9 }), { code: codes.invalidArgument });
    await assert.rejects(setup.publisher.createTopic({ name: "projects//topics/calls" }), {
      code: codes.invalidArgument,
    });
  });

  it("include a subscription whose ack deadline is out of range", async () => {
    const topic = await setup.createTopic();
    await assert.rejects(setup.subscribe(topic, { ackDeadlineSeconds: 601 }), { code: codes.invalidArgument });
  });

  it("include every unsupported feature, by name, rather than ignoring it", skipOnOfficial("it can"), async () => {
    const { topic, subscription } = await setup.line();
    for (const [field, options] of Object.entries({
      filter: { filter: 'attributes.kind = "silent"' },
      enable_exactly_once_delivery: { enableExactlyOnceDelivery: true },
      enable_message_ordering: { enableMessageOrdering: true },
      // Empty, it asks for the default backoff.
      retry_policy: { retryPolicy: {} },
      dead_letter_policy: { deadLetterPolicy: { deadLetterTopic: topic } },
      message_retention_duration: { messageRetentionDuration: { seconds: 600 } },
      push_config: { pushConfig: { pushEndpoint: "http://127.0.0.1/" } },
      bigquery_config: { bigqueryConfig: { table: "project.dataset.table" } },
    })) {
      await assert.rejects(setup.subscribe(topic, options), {
        code: codes.unimplemented,
        message: new RegExp(`Subscription\\.${field} is not implemented`),
      });
    }
    const { publisher, subscriber } = setup;
    const rpcs: Record<string, () => Promise<unknown>> = {
      "Subscriber.Seek": async () => subscriber.seek({ subscription, time: { seconds: 0 } }),
      "Subscriber.Pull": async () => subscriber.pull({ subscription, maxMessages: 1 }),
      "Subscriber.DeleteSubscription": async () => subscriber.deleteSubscription({ subscription }),
      "Publisher.DeleteTopic": async () => publisher.deleteTopic({ topic }),
      "Publisher.DetachSubscription": async () => publisher.detachSubscription({ subscription }),
      "SchemaService.CreateSchema": async () => setup.pubsub.createSchema("schema", "AVRO", "{}"),
    };
    for (const [rpc, call] of Object.entries(rpcs)) {
      await assert.rejects(call, { code: codes.unimplemented, message: new RegExp(`google.pubsub.v1.${rpc} is not`) });
    }
  });

  it("include an unknown ack id", async () => {
    const { subscription } = await setup.line();
    await assert.rejects(setup.subscriber.acknowledge({ subscription, ackIds: ["what?"] }), {
      code: codes.invalidArgument,
    });
  });
});
