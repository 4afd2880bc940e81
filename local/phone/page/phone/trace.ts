import type { Receipt } from "../../../../functions/src/wire.ts";
import type { CallEnd, ConnectionState } from "../../../../packages/client/src/call-client.ts";

/** Something that happened on a phone. What it is called in words is the view's business. */
export type Happening =
  | { readonly kind: "installed" | "uninstalled" | "online" | "offline" | "asleep" | "answered" }
  | { readonly kind: "registered"; readonly extens: readonly string[] }
  | { readonly kind: "push"; readonly type: string }
  | { readonly kind: "settings"; readonly address: string | undefined }
  | { readonly kind: "connection"; readonly state: Exclude<ConnectionState, "disconnected"> }
  | { readonly kind: "reported"; readonly event: Receipt; readonly ringing: boolean; readonly status: string }
  | { readonly kind: "shown"; readonly waiting: boolean }
  | { readonly kind: "ended"; readonly reason: CallEnd }
  | { readonly kind: "failed"; readonly what: "report" | "settings" | "connection"; readonly why: string };

/** A happening and when it was, in milliseconds since the epoch. */
export type Step = Happening & { readonly id: number; readonly at: number };

/** A ring by either of its ids: the PBX's of its call, or the service's. */
export interface TracedCall {
  readonly linkedId?: string | undefined;
  readonly callId?: string | undefined;
  readonly caller?: string | undefined;
}

/** All that happened for one call, or, without a call, to the phone itself. */
export interface TraceGroup {
  readonly id: number;
  readonly call: TracedCall | undefined;
  /** When the call's push arrived, in milliseconds since the epoch. */
  readonly pushAt: number | undefined;
  /** Whether the phone still has to do for this call what it takes to ring. */
  readonly isWaking: boolean;
  readonly steps: readonly Step[];
}

const rememberedCalls = 6;
const rememberedSteps = 12;

/** What happened on one phone, call by call. */
export class Trace {
  readonly #onChange: () => void;
  #own: TraceGroup = { id: 0, call: undefined, pushAt: undefined, isWaking: false, steps: [] };
  #calls: readonly TraceGroup[] = [];
  #lastId = 0;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** What happened to the phone itself. */
  get own(): TraceGroup {
    return this.#own;
  }

  /** What happened for its latest calls, oldest first. */
  get calls(): readonly TraceGroup[] {
    return this.#calls;
  }

  /** Notes what happened to a call; the first that is known of one begins its group. */
  noteCall(call: TracedCall, happening: Happening): void {
    const known = this.#calls.findLast((group) => isSame(group.call, call));
    const group = known ?? { id: this.#coinId(), call, pushAt: undefined, isWaking: true, steps: [] };
    if (known === undefined) this.#calls = [...this.#calls, group].slice(-rememberedCalls);
    this.#replace(group, { ...this.#addStep(group, happening), call: merge(group.call, call) });
  }

  /** Notes what concerns no one call: it belongs to the call that the phone is being woken for, or else to the phone. */
  note(happening: Happening): void {
    const waking = this.#calls.findLast(({ isWaking }) => isWaking);
    if (waking !== undefined) return this.#replace(waking, this.#addStep(waking, happening));
    const { steps, ...own } = this.#addStep(this.#own, happening);
    // A call's steps are few; a phone that is switched to and fro has no end of them.
    this.#own = { ...own, steps: steps.slice(-rememberedSteps) };
    this.#onChange();
  }

  #addStep(group: TraceGroup, happening: Happening): TraceGroup {
    const step = { ...happening, id: this.#coinId(), at: Date.now() };
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

  #coinId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }
}

/** One Linkedid may ring several times: where both sides have the service's id, that alone decides. */
function isSame(one: TracedCall | undefined, other: TracedCall): boolean {
  if (one?.callId !== undefined && other.callId !== undefined) return one.callId === other.callId;
  return one?.linkedId !== undefined && one.linkedId === other.linkedId;
}

/** What speaks of a call first may not know all of it. */
function merge(known: TracedCall | undefined, more: TracedCall): TracedCall {
  return {
    linkedId: known?.linkedId ?? more.linkedId,
    callId: known?.callId ?? more.callId,
    caller: known?.caller ?? more.caller,
  };
}

/** The phone rings, or has learned that it need not. */
function endsWaking(step: Step): boolean {
  if (step.kind === "push") return step.type === "call_ended";
  if (step.kind === "failed") return step.what === "connection";
  return step.kind === "shown" || step.kind === "ended" || (step.kind === "reported" && !step.ringing);
}
