import { compare, orderCalls, type SeenCall, type ShownCall, type ShownRing } from "./compare.ts";
import { linearize } from "./linearize.ts";
import { describeFailure, type LifeRun } from "./life-run.ts";
import type { Operation } from "./rules.ts";

/** Compares all observations with the states that the rules allow. */
export async function checkRun(run: LifeRun, asks = true): Promise<void> {
  const { phones, ownerOf } = run;
  for (const phone of phones) phone.read();
  const calls = orderCalls({ phones, ownerOf });
  const operations = run.operations.flatMap((operation): Operation[] => {
    if (operation.kind !== "pending") return [operation];
    const [uid, call] = findCall(calls, operation.callId);
    return [{ ...operation, kind: "answer", uid, call }];
  });
  run.operations = [];
  const done = run.time();
  const shown = asks ? await ask(run) : ("not asked" as const);
  const twice = phones.flatMap(({ calls: own }) => [...own.values()]).find(({ pushes }) => pushes > 1);
  // A repeat cannot know what FCM accepted from an instance that died before it could record it.
  if (twice !== undefined && !run.hasDied) throw new Error(describeFailure(run, `${twice.exten} was pushed twice`));
  const possible = linearize(run.states, operations);
  if (possible.length === 0) throw new Error(describeFailure(run, "the answers match no order of the operations"));
  const seen = { at: done().at, phones, ownerOf, shown };
  const { agreeing, complaints } = compare(possible, seen);
  if (agreeing.length === 0) throw new Error(describeFailure(run, complaints.join("; or ")));
  run.states = agreeing;
}

async function ask(run: LifeRun): Promise<ShownCall | "unknown"> {
  const { status, body } = await run.site.instances[0].pbx("GET", `/calls/${run.callId}`);
  const rings = (body?.rings as ShownRing[] | undefined)?.map((ring) => Object.values(ring).slice(0, 4).join(" "));
  run.note(`GET: ${status} ${body?.status} ${rings?.join(", ")}`);
  if (status !== 200 && status !== 404) throw new Error(describeFailure(run, `GET was answered ${status}`));
  return status === 200 ? body : "unknown";
}

function findCall(
  calls: ReadonlyMap<string, readonly SeenCall[]>,
  callId: string,
): readonly [uid: string, call: SeenCall] {
  for (const [uid, own] of calls) {
    const call = own.find((one) => one.callId === callId);
    if (call !== undefined) return [uid, call];
  }
  throw new Error(`No phone got a push of ${callId}`);
}
