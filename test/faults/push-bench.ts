import { Timestamp } from "@google-cloud/firestore";
import { PubSub, type Message } from "@google-cloud/pubsub";
import type { PushDocument } from "../../functions/src/pushes/push.ts";
import { postMessage } from "../../harness/eventarc.ts";
import { until, type Bench } from "./bench.ts";
import type { Words } from "./scenario.ts";
import { describeLines, describePhone, joinPhones } from "./words.ts";

/** A Pub/Sub message, caught on its way to the function that waits for it. */
export type Caught = Pick<Message, "id" | "data" | "attributes">;

/** The id of the bench's push. */
export function pushIdOf({ exten }: Bench): string {
  return `push-${exten}`;
}

function keyOf(bench: Bench): string {
  return `pbx-1~${pushIdOf(bench)}`;
}

/** Catches what is published of the bench's push from now on, before any worker sees it. */
export async function catchMessages(bench: Bench): Promise<readonly Caught[]> {
  const { projectId, pubsub } = bench.world.surroundings;
  const client = new PubSub({ projectId, apiEndpoint: pubsub.host, emulatorMode: true });
  const [subscription] = await client.topic("pushes").createSubscription(`of-${bench.exten}`);
  const caught: Caught[] = [];
  subscription.on("message", (message: Message) => {
    message.ack();
    const { id } = JSON.parse(message.data.toString()) as { id: string };
    if (id === keyOf(bench)) caught.push(message);
  });
  bench.onClose(async () => {
    await subscription.close();
    await client.close();
  });
  return caught;
}

/** Asks for a push to the bench's phone; the PBX hears its state. */
export async function postPush(bench: Bench, more: object = {}): Promise<void> {
  const target = { exten: bench.exten };
  const body = { id: pushIdOf(bench), target, title: "Hello", body: "There", ...more };
  const answer = await bench.request("POST", "/pushes", body);
  bench.pbx.heard.push(`${answer.status} ${answer.body.state}`);
}

/** Brings a message to a worker, as Eventarc does; false when it has not taken it. */
export async function bring(url: string, message: Caught | undefined): Promise<boolean> {
  if (message === undefined) throw new Error("No message was published");
  return postMessage(url, message, "projects/demo/subscriptions/pushes").catch(() => false);
}

/** Runs a scheduled function as Cloud Scheduler does. */
export async function trigger(url: string): Promise<void> {
  const headers = { "x-cloudscheduler-scheduletime": new Date().toISOString() };
  const response = await fetch(url, { method: "POST", headers });
  if (!response.ok) throw new Error(await response.text());
}

/** The push as it is on record. */
export async function readPush(bench: Bench): Promise<PushDocument | undefined> {
  const snapshot = await bench.world.surroundings.db.doc(`pushes/${keyOf(bench)}`).get();
  return snapshot.data() as PushDocument | undefined;
}

/** Makes the push due that waits or is held: the time that its lease or its wait takes is over. */
export async function letTimePass(bench: Bench): Promise<void> {
  const past = Timestamp.fromMillis(Date.now() - 1);
  const push = await readPush(bench);
  const change = { dueAt: past, ...(push?.notBefore && { notBefore: past }) };
  await bench.world.surroundings.db.doc(`pushes/${keyOf(bench)}`).update(change);
}

/** Waits until so many messages have been published. */
export async function untilCaught(caught: readonly Caught[], count: number): Promise<void> {
  await until(() => caught.length >= count);
}

/** What the PBX, the record and the phones say of the bench's push. */
export async function observePush(bench: Bench): Promise<Words> {
  const push = await readPush(bench);
  const { body } = await bench.request("GET", `/pushes/${pushIdOf(bench)}`);
  const { accepted = 0, failed = 0, pending = 0 } = push?.result ?? {};
  return {
    pbx: describeLines([...bench.pbx.heard, body.state as string]),
    record: `${push?.state}: ${accepted} accepted, ${failed} failed, ${pending} pending`,
    phone: joinPhones(bench.phones.map(describePhone)),
  };
}
