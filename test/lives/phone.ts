import type { PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import type { Answer } from "./instance.ts";

/** When a phone says that it has a push and is ready: as soon as it comes, when things have calmed down, or never. */
export type Eagerness = "at once" | "late" | "never";

/** What a phone knows of one call. */
export interface KnownCall {
  readonly callId: string;
  /** The exten that its push named: whose call it was at first. */
  readonly exten: string;
  readonly expiresAt: number;
  /** When FCM took its push. */
  readonly acceptedAt: number;
  /** How many pushes it got of it. */
  pushes: number;
  isReported: boolean;
  /** Ended by a push, or by what the service answered. */
  isOver: boolean;
  /** Its user has said no, after which the service may not believe that they have answered. */
  hasDeclined: boolean;
  /** Its user has answered or declined, or it has stopped by itself. */
  isStopped: boolean;
}

/** A phone as a good app makes it: it rings from its push until it hears that the call is over, once for a call. */
export class Phone {
  uid: string;
  deviceId: string;
  token: string;
  readonly home: { readonly uid: string; readonly deviceId: string };
  readonly eagerness: Eagerness;
  /** Whether it has always had the one owner, and its pushes have gone as they should. */
  isSure = true;
  /** Whether FCM may have refused what was to silence it. */
  isExcused = false;
  /** Whether FCM refuses its next pushes. */
  isSpoilt = false;
  /** Has changed hands, or is about to. */
  hasMoved = false;
  /** Is being uninstalled. */
  isDoomed = false;
  /** Resolves when it is registered as it means to be. */
  settled = Promise.resolve();
  /** Uninstalled: FCM refuses all of its pushes. */
  isGone = false;
  readonly calls = new Map<string, KnownCall>();
  readonly #fcm: PushEmulator;
  #read = 0;

  constructor(fcm: PushEmulator, uid: string, deviceId: string, token: string, eagerness: Eagerness) {
    this.#fcm = fcm;
    this.home = { uid, deviceId };
    [this.uid, this.deviceId, this.token, this.eagerness] = [uid, deviceId, token, eagerness];
    this.#read = fcm.messages(token).length;
  }

  /** Reads the pushes that have come for a call of the PBX since it last looked. */
  read(): void {
    const messages = this.#fcm.messages(this.token).slice(this.#read);
    this.#read += messages.length;
    for (const { message, acceptedAt } of messages) {
      const { data } = message as { data: Record<string, string> };
      const callId = data["callId"]!;
      const known = this.calls.get(callId);
      if (data["type"] === "call_ended" && known !== undefined) known.isOver = true;
      if (data["type"] !== "incoming_call") continue;
      if (known !== undefined) known.pushes += 1;
      else this.calls.set(callId, readPush(data, Date.parse(acceptedAt)));
    }
  }

  /** Whether it rings for a call at that time; an app that is gone does not, whatever FCM took for it before. */
  rings({ isOver, isStopped, expiresAt }: KnownCall, now: number): boolean {
    return !this.isGone && !isOver && !isStopped && now < expiresAt;
  }

  /** Takes in what the service answered to a report: what is not its call is over. */
  hear({ callId }: Pick<KnownCall, "callId">, { status, body }: Answer): void {
    const known = this.calls.get(callId);
    if (known === undefined) return;
    if (status === 403 || (status === 200 && body.ringing === false)) known.isOver = true;
  }
}

function readPush(data: Record<string, string>, acceptedAt: number): KnownCall {
  return {
    callId: data["callId"]!,
    exten: data["exten"]!,
    expiresAt: Date.parse(data["expiresAt"]!),
    acceptedAt,
    pushes: 1,
    isReported: false,
    isOver: false,
    hasDeclined: false,
    isStopped: false,
  };
}
