import assert from "node:assert/strict";
import { until, type Bench } from "./bench.ts";
import {
  bring,
  catchMessages,
  letTimePass,
  observePush,
  postPush,
  readPush,
  trigger,
  untilCaught,
} from "./push-bench.ts";
import type { Family, Scenario } from "./scenario.ts";

const sent = { pbx: "202 queued, sent", record: "sent: 1 accepted, 0 failed, 0 pending", phone: "notice" };

const scenarios: readonly Scenario[] = [
  {
    fault: "a message is delivered again while a worker handles it",
    inject: ({ spoil }) => spoil({ status: 200, delay_ms: 3000 }),
    act: async (bench) => {
      const [caught, workers] = await Promise.all([
        catchMessages(bench),
        Promise.all([bench.startSite({ name: "pushWorker" }), bench.startSite({ name: "pushWorker" })]),
      ]);
      await postPush(bench);
      await untilCaught(caught, 1);
      const [first, second] = workers.map(({ instance }) => instance.url);
      const brought = bring(first ?? "", caught[0]);
      await until(() => bench.phones[0].accepted().length > 0);
      await bring(second ?? "", caught[0]);
      await brought;
    },
    expect: sent,
    observe: observePush,
  },
  {
    fault: "a message is delivered again after its push has ended",
    act: async (bench) => {
      const [caught, { instance }] = await Promise.all([catchMessages(bench), bench.startSite({ name: "pushWorker" })]);
      await postPush(bench);
      await untilCaught(caught, 1);
      await bring(instance.url, caught[0]);
      assert.ok(await bring(instance.url, caught[0]));
    },
    expect: sent,
    observe: observePush,
  },
  {
    fault: "a message arrives after its push has expired",
    act: async (bench) => {
      const { caught, worker, job } = await startWorkerAndJob(bench);
      const expiresAt = Date.now() + 1500;
      await postPush(bench, { expires_at: new Date(expiresAt).toISOString() });
      await untilCaught(caught, 1);
      await until(() => Date.now() > expiresAt);
      await bring(worker.instance.url, caught[0]);
      await letTimePass(bench);
      await trigger(job.instance.url);
    },
    expect: { pbx: "202 queued, expired", record: "expired: 0 accepted, 0 failed, 0 pending", phone: "nothing" },
    observe: observePush,
  },
  {
    fault: "a message is lost; the minute job publishes another",
    act: async (bench) => {
      const { caught, worker, job } = await startWorkerAndJob(bench);
      await postPush(bench);
      await untilCaught(caught, 1);
      await letTimePass(bench);
      await trigger(job.instance.url);
      await untilCaught(caught, 2);
      await bring(worker.instance.url, caught[1]);
    },
    expect: sent,
    observe: observePush,
  },
  {
    fault: "Pub/Sub is unavailable when a push is posted; the minute job publishes its message",
    inject: ({ site }) => site.pubsub.refuse(),
    act: async (bench) => {
      const { caught, worker, job } = await startWorkerAndJob(bench);
      await postPush(bench);
      await letTimePass(bench);
      await trigger(job.instance.url);
      await untilCaught(caught, 1);
      await bring(worker.instance.url, caught[0]);
    },
    expect: sent,
    observe: observePush,
  },
  {
    fault: "messages arrive out of order: the first again while its push waits for a retry",
    inject: ({ spoil }) => spoil({ error_code: "QUOTA_EXCEEDED", retry_after: 120 }),
    act: async (bench) => {
      const { caught, worker, job } = await startWorkerAndJob(bench);
      await postPush(bench);
      await untilCaught(caught, 1);
      await bring(worker.instance.url, caught[0]);
      assert.ok(await bring(worker.instance.url, caught[0]));
      const push = await readPush(bench);
      assert.deepEqual([push?.state, push?.tries, bench.phones[0].accepted().length], ["queued", 1, 0]);
      await letTimePass(bench);
      await trigger(job.instance.url);
      await untilCaught(caught, 2);
      await bring(worker.instance.url, caught[1]);
      await bring(worker.instance.url, caught[0]);
    },
    expect: sent,
    observe: observePush,
  },
];

/** Pub/Sub, between the parts of the service. */
export const pubsubFamily: Family = { name: "Pub/Sub", scenarios };

/** What the background work needs, with the messages held back that would come to the worker. */
async function startWorkerAndJob(bench: Bench) {
  const [caught, worker, job] = await Promise.all([
    catchMessages(bench),
    bench.startSite({ name: "pushWorker" }),
    bench.startSite({ name: "duePushes" }),
  ]);
  return { caught, worker, job };
}
