import { Timestamp } from "@google-cloud/firestore";
import { PubSub, type Message } from "@google-cloud/pubsub";
import type { PushDocument } from "../../functions/src/pushes/push.ts";
import { postMessage } from "../../harness/eventarc.ts";
import { until, type Setup } from "./setup.ts";
import type { Outcome } from "./scenario.ts";
import { describeLines, describePhone, joinPhones } from "./outcome.ts";

/** A Pub/Sub message that was caught before it reached its worker. */
export type Caught = Pick<Message, "id" | "data" | "attributes">;

/** The id of the scenario's push. */
export function pushIdOf({ exten }: Setup): string {
  return `push-${exten}`;
}

function keyOf(setup: Setup): string {
  return `pbx-1~${pushIdOf(setup)}`;
}

/** Catches the messages published for the scenario's push from now on; no worker gets them. */
export async function catchMessages(setup: Setup): Promise<readonly Caught[]> {
  const { projectId, pubsub } = setup.shared.surroundings;
  const client = new PubSub({ projectId, apiEndpoint: pubsub.host, emulatorMode: true });
  const [subscription] = await client.topic("pushes").createSubscription(`of-${setup.exten}`);
  const caught: Caught[] = [];
  subscription.on("message", (message: Message) => {
    message.ack();
    const { id } = JSON.parse(message.data.toString()) as { id: string };
    if (id === keyOf(setup)) caught.push(message);
  });
  setup.onClose(async () => {
    await subscription.close();
    await client.close();
  });
  return caught;
}

/** Posts a push to the scenario's phone and records the answer. */
export async function postPush(setup: Setup, more: object = {}): Promise<void> {
  const target = { exten: setup.exten };
  const body = { id: pushIdOf(setup), target, title: "Hello", body: "There", ...more };
  const answer = await setup.request("POST", "/pushes", body);
  setup.pbx.answers.push(`${answer.status} ${answer.body.state}`);
}

/** Delivers a message to a worker, as Eventarc does; false if the worker did not accept it. */
export async function deliver(url: string, message: Caught | undefined): Promise<boolean> {
  if (message === undefined) throw new Error("No message was published");
  return postMessage(url, message, "projects/demo/subscriptions/pushes").catch(() => false);
}

/** Runs a scheduled function as Cloud Scheduler does. */
export async function trigger(url: string): Promise<void> {
  const headers = { "x-cloudscheduler-scheduletime": new Date().toISOString() };
  const response = await fetch(url, { method: "POST", headers });
  if (!response.ok) throw new Error(await response.text());
}

/** Reads the recorded push. */
export async function readPush(setup: Setup): Promise<PushDocument | undefined> {
  const snapshot = await setup.shared.surroundings.db.doc(`pushes/${keyOf(setup)}`).get();
  return snapshot.data() as PushDocument | undefined;
}

/** Makes a waiting or leased push due, as if its wait or its lease had passed. */
export async function makeDue(setup: Setup): Promise<void> {
  const past = Timestamp.fromMillis(Date.now() - 1);
  const push = await readPush(setup);
  const change = { dueAt: past, ...(push?.notBefore && { notBefore: past }) };
  await setup.shared.surroundings.db.doc(`pushes/${keyOf(setup)}`).update(change);
}

/** Waits until `count` messages have been published. */
export async function untilCaught(caught: readonly Caught[], count: number): Promise<void> {
  await until(() => caught.length >= count);
}

/** The outcome of the scenario's push. */
export async function observePush(setup: Setup): Promise<Outcome> {
  const push = await readPush(setup);
  const { body } = await setup.request("GET", `/pushes/${pushIdOf(setup)}`);
  const { accepted = 0, failed = 0, pending = 0 } = push?.result ?? {};
  return {
    pbx: describeLines([...setup.pbx.answers, body.state as string]),
    record: `${push?.state}: ${accepted} accepted, ${failed} failed, ${pending} pending`,
    phone: joinPhones(setup.phones.map(describePhone)),
  };
}
