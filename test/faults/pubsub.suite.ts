import assert from "node:assert/strict";
import { until, type Setup } from "./setup.ts";
import {
  deliver,
  catchMessages,
  makeDue,
  observePush,
  postPush,
  readPush,
  trigger,
  untilCaught,
} from "./push-steps.ts";
import type { Family, Scenario } from "./scenario.ts";

const sent = { pbx: "202 queued, sent", record: "sent: 1 accepted, 0 failed, 0 pending", phone: "notice" };

const scenarios: readonly Scenario[] = [
  {
    fault: "a message is delivered again while a worker handles it",
    inject: ({ addFault }) => addFault({ status: 200, delay_ms: 3000 }),
    act: async (setup) => {
      const [caught, workers] = await Promise.all([
        catchMessages(setup),
        Promise.all([setup.startSite({ name: "pushWorker" }), setup.startSite({ name: "pushWorker" })]),
      ]);
      await postPush(setup);
      await untilCaught(caught, 1);
      const [first, second] = workers.map(({ instance }) => instance.url);
      const delivery = deliver(first ?? "", caught[0]);
      await until(() => setup.phones[0].accepted().length > 0);
      await deliver(second ?? "", caught[0]);
      await delivery;
    },
    expect: sent,
    observe: observePush,
  },
  {
    fault: "a message is delivered again after its push has ended",
    act: async (setup) => {
      const [caught, { instance }] = await Promise.all([catchMessages(setup), setup.startSite({ name: "pushWorker" })]);
      await postPush(setup);
      await untilCaught(caught, 1);
      await deliver(instance.url, caught[0]);
      assert.ok(await deliver(instance.url, caught[0]));
    },
    expect: sent,
    observe: observePush,
  },
  {
    fault: "a message arrives after its push has expired",
    act: async (setup) => {
      const { caught, worker, job } = await startWorkerAndJob(setup);
      const expiresAt = Date.now() + 1500;
      await postPush(setup, { expires_at: new Date(expiresAt).toISOString() });
      await untilCaught(caught, 1);
      await until(() => Date.now() > expiresAt);
      await deliver(worker.instance.url, caught[0]);
      await makeDue(setup);
      await trigger(job.instance.url);
    },
    expect: { pbx: "202 queued, expired", record: "expired: 0 accepted, 0 failed, 0 pending", phone: "nothing" },
    observe: observePush,
  },
  {
    fault: "a message is lost; the minute job publishes another",
    act: async (setup) => {
      const { caught, worker, job } = await startWorkerAndJob(setup);
      await postPush(setup);
      await untilCaught(caught, 1);
      await makeDue(setup);
      await trigger(job.instance.url);
      await untilCaught(caught, 2);
      await deliver(worker.instance.url, caught[1]);
    },
    expect: sent,
    observe: observePush,
  },
  {
    fault: "Pub/Sub is unavailable when a push is posted; the minute job publishes its message",
    inject: ({ site }) => site.pubsub.refuse(),
    act: async (setup) => {
      const { caught, worker, job } = await startWorkerAndJob(setup);
      await postPush(setup);
      await makeDue(setup);
      await trigger(job.instance.url);
      await untilCaught(caught, 1);
      await deliver(worker.instance.url, caught[0]);
    },
    expect: sent,
    observe: observePush,
  },
  {
    fault: "messages arrive out of order: the first again while its push waits for a retry",
    inject: ({ addFault }) => addFault({ error_code: "QUOTA_EXCEEDED", retry_after: 120 }),
    act: async (setup) => {
      const { caught, worker, job } = await startWorkerAndJob(setup);
      await postPush(setup);
      await untilCaught(caught, 1);
      await deliver(worker.instance.url, caught[0]);
      assert.ok(await deliver(worker.instance.url, caught[0]));
      const push = await readPush(setup);
      assert.deepEqual([push?.state, push?.tries, setup.phones[0].accepted().length], ["queued", 1, 0]);
      await makeDue(setup);
      await trigger(job.instance.url);
      await untilCaught(caught, 2);
      await deliver(worker.instance.url, caught[1]);
      await deliver(worker.instance.url, caught[0]);
    },
    expect: sent,
    observe: observePush,
  },
];

/** Faults of Pub/Sub between the functions. */
export const pubsubFamily: Family = { name: "Pub/Sub", scenarios };

/** Starts the worker and the minute job, and catches the messages for the worker. */
async function startWorkerAndJob(setup: Setup) {
  const [caught, worker, job] = await Promise.all([
    catchMessages(setup),
    setup.startSite({ name: "pushWorker" }),
    setup.startSite({ name: "duePushes" }),
  ]);
  return { caught, worker, job };
}
