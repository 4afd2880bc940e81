import type { Receipt } from "../../../../functions/src/wire.ts";
import type { CallEnd, ConnectionState } from "../../../../packages/client/src/call-client.ts";
import type { Channel } from "../stack/push.ts";

/** Events without details. `launched` is a start by a push, `alerted` a push that the system shows as a text. */
export type PlainEvent =
  | "installed"
  | "uninstalled"
  | "online"
  | "offline"
  | "asleep"
  | "answered"
  | "quit"
  | "launched"
  | "locked"
  | "unlocked"
  | "alerted"
  | "alertRemoved"
  | "undelivered"
  | "dropped";

/** An event on a phone; the views have its text. */
export type TraceEvent =
  | { readonly kind: PlainEvent }
  | { readonly kind: "registered"; readonly extens: readonly string[] }
  | { readonly kind: "push"; readonly type: string; readonly channel: Channel }
  | { readonly kind: "settings"; readonly address: string | undefined }
  | { readonly kind: "connection"; readonly state: Exclude<ConnectionState, "disconnected"> }
  | { readonly kind: "reported"; readonly event: Receipt; readonly ringing: boolean; readonly status: string }
  | { readonly kind: "shown" | "callKit"; readonly waiting: boolean }
  | { readonly kind: "crashed"; readonly misses: number }
  | { readonly kind: "ended"; readonly reason: CallEnd }
  | {
      readonly kind: "failed";
      readonly what: "report" | "settings" | "connection" | "registration";
      readonly why: string;
    };

/** An event and its time, in milliseconds since the epoch. */
export type Step = TraceEvent & {
  readonly id: number;
  readonly at: number;
  /** How often in a row a phone has asked the service and got the same answer, or failed in the same way; else 1. */
  readonly times: number;
};

/** A ring, by its callId, or by the Linkedid of its call. */
export interface TracedCall {
  readonly linkedId?: string | undefined;
  readonly callId?: string | undefined;
  readonly caller?: string | undefined;
}

/** The events of one call or, without `call`, of the phone itself. */
export interface TraceGroup {
  readonly id: number;
  readonly call: TracedCall | undefined;
  /** When the call's push arrived, in milliseconds since the epoch. */
  readonly pushAt: number | undefined;
  /** Whether the phone is still waking for this call. */
  readonly isWaking: boolean;
  readonly steps: readonly Step[];
}

const rememberedCalls = 6;
const rememberedSteps = 12;

/** The events on one phone, by call. */
export class Trace {
  readonly #onChange: () => void;
  #own: TraceGroup = { id: 0, call: undefined, pushAt: undefined, isWaking: false, steps: [] };
  #calls: readonly TraceGroup[] = [];
  #lastId = 0;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** The events of the phone itself. */
  get own(): TraceGroup {
    return this.#own;
  }

  /** The events of its latest calls, oldest call first. */
  get calls(): readonly TraceGroup[] {
    return this.#calls;
  }

  /** Adds an event of a call; the first event of a call creates its group. */
  noteCall(call: TracedCall, event: TraceEvent): void {
    const known = this.#calls.findLast((group) => isSame(group.call, call));
    const group = known ?? { id: this.#nextId(), call, pushAt: undefined, isWaking: true, steps: [] };
    if (known === undefined) this.#calls = [...this.#calls, group].slice(-rememberedCalls);
    this.#replace(group, { ...this.#addStep(group, event), call: merge(group.call, call) });
  }

  /** Adds an event without a call: to the call that the phone is waking for, if any, else to the phone. */
  note(event: TraceEvent): void {
    const waking = this.#calls.findLast(({ isWaking }) => isWaking);
    if (waking !== undefined) return this.#replace(waking, this.#addStep(waking, event));
    const { steps, ...own } = this.#addStep(this.#own, event);
    // A call has few steps, but a phone whose mode is switched often has many.
    this.#own = { ...own, steps: steps.slice(-rememberedSteps) };
    this.#onChange();
  }

  #addStep(group: TraceGroup, event: TraceEvent): TraceGroup {
    const last = group.steps.at(-1);
    if (last !== undefined && isRepeat(last, event)) {
      return { ...group, steps: [...group.steps.slice(0, -1), { ...last, times: last.times + 1 }] };
    }
    const step = { ...event, id: this.#nextId(), at: Date.now(), times: 1 };
    const isCallPush = step.kind === "push" && step.type === "incoming_call";
    return {
      ...group,
      pushAt: group.pushAt ?? (isCallPush ? step.at : undefined),
      isWaking: group.isWaking && !endsWaking(step),
      steps: [...group.steps, step],
    };
  }

  #replace(before: TraceGroup, after: TraceGroup): void {
    this.#calls = this.#calls.map((group) => (group.id === before.id ? after : group));
    this.#onChange();
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }
}

/** While an iPhone rings, it asks the service every three seconds; without a network, a call tries again and again. */
function isRepeat(last: Step, event: TraceEvent): boolean {
  if (last.kind === "failed" && event.kind === "failed") return last.what === event.what && last.why === event.why;
  if (last.kind !== "reported" || event.kind !== "reported") return false;
  return last.event === event.event && last.ringing === event.ringing && last.status === event.status;
}

/** One Linkedid may ring several times: if both sides have a callId, only that counts. */
function isSame(one: TracedCall | undefined, other: TracedCall): boolean {
  if (one?.callId !== undefined && other.callId !== undefined) return one.callId === other.callId;
  return one?.linkedId !== undefined && one.linkedId === other.linkedId;
}

/** Adds ids and caller, which the first event of a call may lack. */
function merge(known: TracedCall | undefined, more: TracedCall): TracedCall {
  return {
    linkedId: known?.linkedId ?? more.linkedId,
    callId: known?.callId ?? more.callId,
    caller: known?.caller ?? more.caller,
  };
}

/** Whether the app has its PBX after this step, or knows that it does not need it. CallKit shows a call before that. */
function endsWaking(step: Step): boolean {
  switch (step.kind) {
    case "push":
      return step.type === "call_ended";
    case "failed":
      return step.what === "connection";
    case "reported":
      return !step.ringing || step.event === "ready";
    default:
      return wakingEnds.has(step.kind);
  }
}

const wakingEnds: ReadonlySet<Step["kind"]> = new Set(["shown", "ended", "crashed", "dropped"]);
