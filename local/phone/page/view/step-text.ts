import type { Step } from "../phone/trace.ts";
import type { Channel } from "../stack/push.ts";
import type { ViewContext } from "./view-context.ts";

/** Text of a trace step, with an optional detail, and the channel of a push. */
export interface StepText {
  readonly text: string;
  readonly detail?: string | undefined;
  readonly channel?: Channel;
}

/** The text of a trace step. */
export function describeStep(step: Step, { t }: ViewContext): StepText {
  switch (step.kind) {
    case "push":
      return { text: namePush(step.type, t.trace), channel: step.channel };
    case "settings":
      return step.address === undefined
        ? { text: t.trace.noSettings }
        : { text: t.trace.settings, detail: step.address };
    case "connection":
      return { text: t.trace.connections[step.state] };
    case "reported":
      return { text: t.trace.reported(step.event, step.times), detail: t.trace.answer(step.status, step.ringing) };
    case "shown":
      return { text: step.waiting ? t.trace.announced : t.trace.shown };
    case "callKit":
      return { text: step.waiting ? t.trace.callKitWaiting : t.trace.callKit };
    case "crashed":
      return { text: t.trace.crashed, detail: t.trace.notReported(step.misses) };
    case "ended":
      return { text: t.trace.ended, detail: t.call.ends[step.reason] };
    case "failed":
      return { text: t.trace.failed[step.what], detail: step.why };
    case "registered":
      return { text: t.trace.registered, detail: step.extens.join(", ") || t.phone.noLine };
    case "asleep":
      return { text: t.trace.events.asleep, detail: t.trace.closed };
    default:
      return { text: t.trace.events[step.kind] };
  }
}

function namePush(type: string, trace: ViewContext["t"]["trace"]): string {
  if (type === "incoming_call") return trace.incomingPush;
  return type === "call_ended" ? trace.endPush : trace.otherPush(type || "notification");
}
