import type { AcceptedMessage, FcmEmulator } from "../fcm/emulator.ts";
import { demo, functionsUrl, post } from "./demo-data.ts";

/** One step of a call, in milliseconds since the PBX posted it. */
export interface Step {
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
}

/** A call and what came of it, step by step. */
export interface DemoCall {
  readonly steps: readonly Step[];
  /** What the app on the phone gets to read. */
  readonly data: unknown;
}

/** Places one call to the demo line and follows it to the phone. */
export async function placeDemoCall(fcm: FcmEmulator, token: string): Promise<DemoCall> {
  const call = {
    call_id: `${Math.floor(Date.now() / 1000)}.1`,
    exten: demo.exten,
    caller_id: "01012345678",
    caller_name: "홍길동",
  };
  const phone = await listen(fcm, token);
  const startedAt = Date.now();
  const [answer, reachedAt] = await Promise.all([
    post(`${functionsUrl}/pbx/calls`, demo.pbxKey, call).then((body) => ({ body, at: Date.now() })),
    phone.nextPush().then(() => Date.now()),
  ]);
  const accepted = latest(fcm.messages(token));
  const step = (at: number, who: string, what: string) => ({ atMs: Math.max(0, at - startedAt), who, what });
  const steps = [
    step(startedAt, "PBX → pbx-push", `POST /calls ${JSON.stringify(call)}`),
    step(Date.parse(accepted.acceptedAt), "pbx-push → FCM", `push accepted as ${accepted.id}`),
    step(reachedAt, "FCM → phone", "incoming_call received"),
    step(answer.at, "pbx-push → PBX", `200 ${JSON.stringify(answer.body)}`),
  ];
  return { steps: steps.toSorted((one, other) => one.atMs - other.atMs), data: readData(accepted) };
}

function readData({ message }: AcceptedMessage): unknown {
  return typeof message === "object" && message !== null && "data" in message ? message.data : {};
}

function latest(messages: readonly AcceptedMessage[]): AcceptedMessage {
  const message = messages.at(-1);
  if (message === undefined) throw new Error("FCM accepted no message for the demo phone");
  return message;
}

/** Opens the stream of what reaches a phone; resolves once nothing can be missed any more. */
async function listen({ url }: FcmEmulator, token: string): Promise<{ nextPush(): Promise<void> }> {
  const response = await fetch(`${url}/emulator/v1/registrations/${encodeURIComponent(token)}/stream`);
  const { body } = response;
  if (!response.ok || body === null) throw new Error(`The phone's stream answered ${response.status}`);
  return {
    nextPush: async () => {
      // Leaving the loop closes the stream.
      for await (const chunk of body.pipeThrough(new TextDecoderStream())) if (/^data: /m.test(chunk)) return;
      throw new Error("The phone's stream ended before a push came");
    },
  };
}
