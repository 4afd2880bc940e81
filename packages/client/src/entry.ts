import type { PushFacts, Receipt } from "../../../functions/src/wire.ts";
import type { Call, CallEnd } from "./call.ts";

/** The stage of a call on this phone. One that is over is kept: messages about it may still arrive. */
export type Stage = "waking" | "ringing" | "active" | "over";

/** The caller and the exten that rings, from a push or an event of the PBX. */
export type CallFacts = Omit<Call, "id" | "state" | "ringEndsAt" | "waiting">;

/** The client's record of one ring, which the app shows as a call. */
export interface Entry {
  readonly id: string;
  facts: CallFacts;
  /** The channels by which the PBX's socket has announced it, and whether they are gone. */
  readonly channels: Map<string, "up" | "gone">;
  stage: Stage;
  isWaiting: boolean;
  /** It came as a VoIP push: the system's call screen shows it, whatever the stage. */
  isOnSystemScreen: boolean;
  /** The user has answered it before the phone had its PBX. */
  isConnecting: boolean;
  ringMs: number;
  /** By this phone's clock, in milliseconds since the epoch. */
  ringEndsAt: number;
  /** What the user has done while the service's id of the call was not known. */
  readonly unsent: Receipt[];
  /** Resolves when the service knows what the user has done, or cannot be told. */
  sent?: Promise<void>;
  /** The last receipt that was sent while it rang, which asks for the call's state when it is sent again. */
  receipt: "received" | "ready";
  /** Since when the service has not answered: since the call's push came, or since the first question after an answer. */
  silentSince?: number | undefined;
  /** What the app knows of the call's first push. */
  pushFacts?: PushFacts | undefined;
  stopRingTimer?: () => void;
  stopAsking?: () => void;
  /** Why it is over. */
  end?: CallEnd;
  /** Resolves when the call is over. */
  readonly over: Promise<void>;
  readonly resolveOver: (() => void) | undefined;
}

/** Whether the call rings on this phone or is about to, is active, or is over. */
export function describeStage({ stage }: Entry): Call["state"] | "over" {
  return stage === "waking" ? "ringing" : stage;
}

/** Whether it rings, or is about to. */
export function isAwaited({ stage }: Entry): boolean {
  return stage === "waking" || stage === "ringing";
}

/** Whether the user sees it. */
export function isShown({ stage }: Entry): boolean {
  return stage === "ringing" || stage === "active";
}

/** The call as the app shows it. */
export function describeCall({ id, facts, stage, ringEndsAt, isWaiting }: Entry): Call {
  return { ...facts, id, state: stage === "active" ? "active" : "ringing", ringEndsAt, waiting: isWaiting };
}
