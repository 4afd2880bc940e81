import { createRandom } from "../sweep/random.ts";
import { until, type Setup } from "./setup.ts";
import { deliver, catchMessages, makeDue, observePush, postPush, trigger, untilCaught } from "./push-steps.ts";
import type { Family, Scenario, Outcome } from "./scenario.ts";
import { describeLines, describePhone, observeCall } from "./outcome.ts";

/** The same seed gives the same moments. */
const seed = Number(process.env["FAULTS_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
const random = createRandom(seed);

/** About how many chunks a call exchanges with Firestore and FCM. */
const chunksPerCall = 24;
const randomKills = 5;

/** Gives the PBX the URL of a second instance. */
async function addInstance(setup: Setup): Promise<void> {
  const { instance } = await setup.startSite();
  setup.pbx.addUrl(instance.url);
}

/** A whole call; the PBX may repeat each request. */
async function ringAndEnd({ pbx }: Setup): Promise<void> {
  await pbx.wake();
  await pbx.end();
}

/**
 * A whole call, with one more end if the first was not accepted: an end may have to wait until the right of a dead
 * instance expires. Resolves when the phone got the end push.
 */
async function ringAndRepeatEnd(setup: Setup): Promise<void> {
  const { pbx, phones } = setup;
  await ringAndEnd(setup);
  if (!pbx.answers.at(-1)?.startsWith("ENDED")) await pbx.end();
  await until(() => describePhone(phones[0]).includes("stops"));
}

/** Leaves out what depends on the moment of the kill: the PBX's answers before the accepted end, and duplicate pushes. */
async function observeWithoutTiming(setup: Setup): Promise<Outcome> {
  const { record, phone } = await observeCall(setup);
  const lines = setup.pbx.answers.filter((line) => line.startsWith("ENDED"));
  return {
    pbx: describeLines(lines.map((line) => line.replace(/^ENDED \d$/, "ENDED"))),
    record,
    phone: describeLines(phone.split(", ")),
  };
}

/** Kills the instance at the n-th chunk from now on its connections to Firestore and FCM. */
function killAtChunk({ site }: Setup, nth: number): void {
  let left = nth;
  for (const proxy of [site.firestore, site.fcm]) {
    proxy.onEveryChunk(() => {
      left -= 1;
      if (left === 0) void site.instance.kill();
    });
  }
}

const ended = { record: "ended (cancelled): ended told" };

const kills = Array.from({ length: randomKills }, (_, nth): Scenario => {
  const chunk = 1 + Math.floor(random() * chunksPerCall);
  return {
    fault: `an instance is killed at a random moment of a call (${nth + 1})`,
    // An announcement without a ring id makes more requests, so there are more moments to die at.
    isRingNamed: nth % 2 === 0,
    inject: async (setup) => {
      await addInstance(setup);
      process.stderr.write(`FAULTS_SEED=${seed}: killed at chunk ${chunk}\n`);
      killAtChunk(setup, chunk);
    },
    act: ringAndRepeatEnd,
    observe: observeWithoutTiming,
    expect: { ...ended, pbx: "ENDED", phone: "rings, stops (cancelled)" },
  };
});

const scenarios: readonly Scenario[] = [
  {
    fault: "an instance is killed before the call is recorded",
    inject: async (setup) => {
      await addInstance(setup);
      setup.site.firestore.hang();
      setup.site.firestore.onChunk(1, () => void setup.site.instance.kill());
    },
    act: ringAndEnd,
    expect: { ...ended, pbx: "no answer, NOTIFIED 1, no answer, ENDED 1", phone: "rings, stops (cancelled)" },
  },
  {
    fault: "an instance is killed after the call is recorded, before the push",
    inject: async (setup) => {
      await addInstance(setup);
      setup.site.fcm.hang();
      setup.site.fcm.onChunk(1, () => void setup.site.instance.kill());
    },
    act: ringAndEnd,
    expect: { ...ended, pbx: "no answer, NOTIFIED 1, no answer, ENDED 1", phone: "rings, stops (cancelled)" },
  },
  {
    fault: "an instance is killed after FCM accepted the push, before that is recorded",
    inject: async (setup) => {
      await addInstance(setup);
      setup.addFault({ status: 200, delay_ms: 3000 });
    },
    act: async (setup) => {
      const { phones, site } = setup;
      const call = ringAndEnd(setup);
      await until(() => phones[0].accepted().length > 0);
      await site.instance.kill();
      await call;
    },
    // FCM does not deduplicate; the app recognises the call by its id.
    expect: { ...ended, pbx: "no answer, NOTIFIED 1, no answer, ENDED 1", phone: "rings, rings, stops (cancelled)" },
  },
  {
    fault: "an instance is killed after FCM accepted the push, and the caller hangs up",
    inject: async (setup) => {
      await addInstance(setup);
      setup.addFault({ status: 200, delay_ms: 3000 });
    },
    act: async ({ pbx, dialplan, phones, site }) => {
      const woken = dialplan(site.instance.url).wake();
      await until(() => phones[0].accepted().length > 0);
      await site.instance.kill();
      await pbx.end();
      await woken;
    },
    expect: { ...ended, pbx: "no answer, ENDED 1", phone: "rings, stops (cancelled)" },
  },
  {
    fault: "an instance is killed after the end is recorded, before the phone is told",
    inject: addInstance,
    act: async ({ pbx, site, ring, addFault }) => {
      await pbx.wake();
      addFault({ error_code: "UNAVAILABLE", delay_ms: 3000 });
      const end = pbx.end();
      await until(async () => (await ring())?.ring.endedAt !== undefined);
      await site.instance.kill();
      await end;
    },
    expect: { ...ended, pbx: "NOTIFIED 1, no answer, ENDED 1", phone: "rings, stops (cancelled)" },
  },
  {
    fault: "an instance is killed while a phone reports",
    act: async ({ pbx, phones: [phone], startSite }) => {
      const { instance, firestore } = await startSite({ name: "reportCall" });
      await pbx.wake();
      firestore.hang();
      firestore.onChunk(1, () => void instance.kill());
      await phone.reportRing("ready", instance.url).catch(() => phone.reportRing("ready"));
    },
    expect: { pbx: "NOTIFIED 1", record: "ready: ready", phone: "rings" },
  },
  {
    fault: "a worker is killed while it sends a push",
    inject: ({ addFault }) => addFault({ status: 200, delay_ms: 5000 }),
    act: async (setup) => {
      const [caught, worker, next, job] = await Promise.all([
        catchMessages(setup),
        setup.startSite({ name: "pushWorker" }),
        setup.startSite({ name: "pushWorker" }),
        setup.startSite({ name: "duePushes" }),
      ]);
      await postPush(setup);
      await untilCaught(caught, 1);
      const delivery = deliver(worker.instance.url, caught[0]);
      await until(() => setup.phones[0].accepted().length > 0);
      await worker.instance.kill();
      await delivery;
      await makeDue(setup);
      await trigger(job.instance.url);
      await untilCaught(caught, 2);
      await deliver(next.instance.url, caught[1]);
    },
    observe: observePush,
    expect: { pbx: "202 queued, sent", record: "sent: 1 accepted, 0 failed, 0 pending", phone: "notice, notice" },
  },
  ...kills,
];

/**
 * Processes that are killed while they work. Each scenario starts two or more: with many at once, the first request of a
 * cold one would take half of the PBX's budget.
 */
export const processesFamily: Family = { name: "Processes", scenarios, atOnce: 3 };
