import type { CallStatus, Receipt } from "../../../../functions/src/wire.ts";
import type { CallEnd, ConnectionState } from "../../../../packages/client/src/call-client.ts";
import type { Mode } from "../phone/saved-phones.ts";
import type { PlainEvent } from "../phone/trace.ts";
import type { Channel, Platform } from "../stack/push.ts";

/** Texts of a phone. */
export interface PhoneTexts {
  readonly name: (number: number) => string;
  readonly platforms: Readonly<Record<Platform, string>>;
  readonly remove: (name: string) => string;
  readonly state: string;
  readonly modes: Readonly<Record<Mode, string>>;
  readonly explanations: Readonly<Record<Mode | "woken", string>>;
  readonly switching: Readonly<Record<Mode, string>>;
  readonly installAgain: string;
  readonly notInstalled: string;
  readonly openApp: string;
  readonly noNetwork: string;
  readonly asleep: string;
  readonly waking: string;
  readonly noLine: string;
  readonly push: string;
  readonly listening: string;
  readonly notListening: string;
  readonly webSocket: string;
  readonly connections: Readonly<Record<ConnectionState, string>>;
  readonly recents: string;
  readonly noCalls: string;
  readonly loading: string;
}

/** Texts of calls on a phone. */
export interface CallTexts {
  readonly withheld: string;
  readonly incoming: string;
  readonly to: (exten: string) => string;
  readonly accept: string;
  readonly decline: string;
  readonly hangUp: string;
  readonly waiting: string;
  readonly acceptEnds: string;
  readonly active: string;
  readonly connecting: string;
  readonly duration: string;
  readonly ended: string;
  readonly dismiss: string;
  readonly ends: Readonly<Record<CallEnd, string>>;
  readonly missed: string;
  readonly answeredHere: string;
  readonly answeredAtDesk: string;
  readonly statuses: Readonly<Record<CallStatus, string>>;
}

/** Texts of a phone's trace. */
export interface TraceTexts {
  readonly title: (phone: string) => string;
  readonly heading: string;
  readonly empty: string;
  readonly thisPhone: string;
  readonly sincePush: string;
  readonly sincePlaced: string;
  readonly incomingPush: string;
  readonly endPush: string;
  readonly otherPush: (type: string) => string;
  readonly channels: Readonly<Record<Channel, string>>;
  readonly settings: string;
  readonly noSettings: string;
  readonly connections: Readonly<Record<Exclude<ConnectionState, "disconnected">, string>>;
  readonly reported: (event: Receipt, times: number) => string;
  readonly answer: (status: string, ringing: boolean) => string;
  readonly shown: string;
  readonly announced: string;
  readonly ended: string;
  readonly closed: string;
  readonly rang: (ms: string) => string;
  readonly registered: string;
  readonly events: Readonly<Record<PlainEvent, string>>;
  readonly callKit: string;
  readonly callKitWaiting: string;
  readonly crashed: string;
  readonly notReported: (misses: number) => string;
  readonly failed: Readonly<Record<"report" | "settings" | "connection" | "registration", string>>;
}
