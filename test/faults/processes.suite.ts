import { createRandom } from "../sweep/random.ts";
import { until, type Bench } from "./bench.ts";
import { bring, catchMessages, letTimePass, observePush, postPush, trigger, untilCaught } from "./push-bench.ts";
import type { Family, Scenario, Words } from "./scenario.ts";
import { describeLines, describePhone, observeCall } from "./words.ts";

/** The same seed, the same moments. */
const seed = Number(process.env["FAULTS_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
const random = createRandom(seed);

/** How many pieces there are about in a call, to Firestore and FCM and back. */
const piecesOfCall = 24;
const randomKills = 5;

/** Gives the PBX a second instance to turn to. */
async function addInstance(bench: Bench): Promise<void> {
  const { instance } = await bench.startSite();
  bench.pbx.addUrl(instance.url);
}

/** A whole call of which any request may have been posted twice. */
async function ringAndEnd({ pbx }: Bench): Promise<void> {
  await pbx.wake();
  await pbx.end();
}

/**
 * The same, and the end once more if it was not taken: it may have to wait until the right of an instance that died has run
 * out. It is over when the phone has been told.
 */
async function ringAndInsist(bench: Bench): Promise<void> {
  const { pbx, phones } = bench;
  await ringAndEnd(bench);
  if (!pbx.heard.at(-1)?.startsWith("ENDED")) await pbx.end();
  await until(() => describePhone(phones[0]).includes("stops"));
}

/** Leaves out what differs with the moment of the kill: what the PBX heard before the end was taken, pushes that came twice. */
async function observeRoughly(bench: Bench): Promise<Words> {
  const { record, phone } = await observeCall(bench);
  const lines = bench.pbx.heard.filter((line) => line.startsWith("ENDED"));
  return {
    pbx: describeLines(lines.map((line) => line.replace(/^ENDED \d$/, "ENDED"))),
    record,
    phone: describeLines(phone.split(", ")),
  };
}

/** The n-th piece on either line of the instance, counted from now, is its last. */
function killAtPiece({ site }: Bench, nth: number): void {
  let left = nth;
  for (const line of [site.firestore, site.fcm]) {
    line.onEveryPiece(() => {
      left -= 1;
      if (left === 0) void site.instance.kill();
    });
  }
}

const ended = { record: "ended (cancelled): ended told" };

const kills = Array.from({ length: randomKills }, (_, nth): Scenario => {
  const piece = 1 + Math.floor(random() * piecesOfCall);
  return {
    fault: `an instance is killed at a random moment of a call (${nth + 1})`,
    // A PBX that does not name its rings has its calls looked up at more moments.
    isRingNamed: nth % 2 === 0,
    inject: async (bench) => {
      await addInstance(bench);
      process.stderr.write(`FAULTS_SEED=${seed}: killed at piece ${piece}\n`);
      killAtPiece(bench, piece);
    },
    act: ringAndInsist,
    observe: observeRoughly,
    expect: { ...ended, pbx: "ENDED", phone: "rings, stops (cancelled)" },
  };
});

const scenarios: readonly Scenario[] = [
  {
    fault: "an instance is killed before the call is recorded",
    inject: async (bench) => {
      await addInstance(bench);
      bench.site.firestore.hang();
      bench.site.firestore.onPiece(1, () => void bench.site.instance.kill());
    },
    act: ringAndEnd,
    expect: { ...ended, pbx: "no answer, NOTIFIED 1, no answer, ENDED 1", phone: "rings, stops (cancelled)" },
  },
  {
    fault: "an instance is killed after the call is recorded, before the push",
    inject: async (bench) => {
      await addInstance(bench);
      bench.site.fcm.hang();
      bench.site.fcm.onPiece(1, () => void bench.site.instance.kill());
    },
    act: ringAndEnd,
    expect: { ...ended, pbx: "no answer, NOTIFIED 1, no answer, ENDED 1", phone: "rings, stops (cancelled)" },
  },
  {
    fault: "an instance is killed after FCM accepted the push, before that is recorded",
    inject: async (bench) => {
      await addInstance(bench);
      bench.spoil({ status: 200, delay_ms: 3000 });
    },
    act: async (bench) => {
      const { phones, site } = bench;
      const call = ringAndEnd(bench);
      await until(() => phones[0].accepted().length > 0);
      await site.instance.kill();
      await call;
    },
    // FCM knows no repeats; the app knows the call by its id.
    expect: { ...ended, pbx: "no answer, NOTIFIED 1, no answer, ENDED 1", phone: "rings, rings, stops (cancelled)" },
  },
  {
    fault: "an instance is killed after FCM accepted the push, and the caller hangs up",
    inject: async (bench) => {
      await addInstance(bench);
      bench.spoil({ status: 200, delay_ms: 3000 });
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
    act: async ({ pbx, site, ring, spoil }) => {
      await pbx.wake();
      spoil({ error_code: "UNAVAILABLE", delay_ms: 3000 });
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
      firestore.onPiece(1, () => void instance.kill());
      await phone.reportRing("ready", instance.url).catch(() => phone.reportRing("ready"));
    },
    expect: { pbx: "NOTIFIED 1", record: "ready: ready", phone: "rings" },
  },
  {
    fault: "a worker is killed while it sends a push",
    inject: ({ spoil }) => spoil({ status: 200, delay_ms: 5000 }),
    act: async (bench) => {
      const [caught, worker, next, job] = await Promise.all([
        catchMessages(bench),
        bench.startSite({ name: "pushWorker" }),
        bench.startSite({ name: "pushWorker" }),
        bench.startSite({ name: "duePushes" }),
      ]);
      await postPush(bench);
      await untilCaught(caught, 1);
      const brought = bring(worker.instance.url, caught[0]);
      await until(() => bench.phones[0].accepted().length > 0);
      await worker.instance.kill();
      await brought;
      await letTimePass(bench);
      await trigger(job.instance.url);
      await untilCaught(caught, 2);
      await bring(next.instance.url, caught[1]);
    },
    observe: observePush,
    expect: { pbx: "202 queued, sent", record: "sent: 1 accepted, 0 failed, 0 pending", phone: "notice, notice" },
  },
  ...kills,
];

/** Processes that end in the middle of whatever they do. */
export const processesFamily: Family = { name: "Processes", scenarios };
