import type { PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import { demo, functionsUrl } from "./demo.ts";
import { post } from "./demo-data.ts";
import { startDemoPhone, type DemoPhone } from "./demo-phone.ts";

/** One step of a call, in milliseconds since the PBX posted it. */
export interface Step {
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
}

/** A call's steps and result. */
export interface DemoCall {
  readonly steps: readonly Step[];
  /** The push data that the app reads. */
  readonly data: unknown;
}

/** Rings the sleeping demo phone until it shows the call; then the caller hangs up. */
export async function placeDemoCall(fcm: PushEmulator, token: string): Promise<DemoCall> {
  const call_id = `${Math.floor(Date.now() / 1000)}.1`;
  const call = {
    call_id,
    ring_id: `${call_id}-${Date.now()}`,
    exten: demo.exten,
    caller_id: "01012345678",
    caller_name: "홍길동",
    wait_seconds: 20,
  };
  const steps: Step[] = [];
  const note = (who: string, what: string, at = Date.now()) => steps.push({ atMs: at - startedAt, who, what });
  const phone = await startDemoPhone(fcm, token, ({ event }) => note("phone → pbx-push", `reportCall ${event}`));
  listen(phone, note);
  const startedAt = Date.now();
  try {
    note("PBX → pbx-push", `POST /calls ${JSON.stringify(call)}`, startedAt);
    const [data] = await Promise.all([wake(phone, note), postCall("", call, note)]);
    note("pbx-push → FCM", "push accepted", readAcceptedAt(fcm, token, startedAt));
    const end = { ring_id: call.ring_id, dialstatus: "CANCEL" };
    note("PBX → pbx-push", `POST /calls/${call_id}/end ${JSON.stringify(end)}: the caller hung up`);
    await Promise.all([wake(phone, note), postCall(`/${call_id}/end`, end, note)]);
    return { steps: steps.toSorted((one, other) => one.atMs - other.atMs), data };
  } finally {
    phone.close();
  }
}

type Note = (who: string, what: string) => void;

function listen({ client }: DemoPhone, note: Note): void {
  client.on("connection", (state) => {
    if (state === "connected") note("phone → PBX", "settings loaded, WebSocket connected");
  });
  client.on("incoming", ({ name }) => note("phone", `rings: ${name}`));
  client.on("ended", (_, reason) => note("phone", `stops ringing: ${reason}`));
}

/** Passes the next push to the app, as the system does. */
async function wake({ client, pushes }: DemoPhone, note: Note): Promise<unknown> {
  const data = await pushes.next();
  note("FCM → phone", String(data["type"]));
  await client.receivePush(data);
  return data;
}

async function postCall(path: string, body: object, note: Note): Promise<void> {
  const answer = await post(`${functionsUrl}/pbx/calls${path}`, demo.pbxKey, body);
  note("pbx-push → PBX", `200 ${JSON.stringify(answer)}`);
}

function readAcceptedAt(fcm: PushEmulator, token: string, startedAt: number): number {
  const first = fcm.messages(token).find(({ acceptedAt }) => Date.parse(acceptedAt) >= startedAt);
  if (first === undefined) throw new Error("FCM accepted no message for the demo phone");
  return Date.parse(first.acceptedAt);
}
