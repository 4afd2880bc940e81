import type { PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import type { Answer } from "./instance.ts";

/** When a phone reports `received` and `ready`: on the push, at the end of the round, or never. */
export type Eagerness = "at once" | "late" | "never";

/** A phone's record of one call. */
export interface KnownCall {
  readonly callId: string;
  /** The exten in its push. */
  readonly exten: string;
  readonly expiresAt: number;
  /** When FCM accepted its push. */
  readonly acceptedAt: number;
  /** The number of call pushes for it. */
  pushes: number;
  isReported: boolean;
  /** Ended by a push, or by the service's answer to a report. */
  isOver: boolean;
  /** Its user has declined, after which the service may ignore their answer. */
  hasDeclined: boolean;
  /** Its user has answered, declined or ended it on this phone. */
  isStopped: boolean;
}

/** A phone with a correct app: it rings from the push until it learns that the call is over, once for each call. */
export class Phone {
  uid: string;
  deviceId: string;
  token: string;
  readonly home: { readonly uid: string; readonly deviceId: string };
  readonly eagerness: Eagerness;
  /** It has always had the same owner, and FCM has accepted all of its pushes. */
  isSure = true;
  /** FCM may have refused an end push to it. */
  isExcused = false;
  /**
   * It changes its owner while the request that may have pushed to it dies: if that push was not recorded, no end finds
   * it, and it rings until its time unless it reports.
   */
  isUnfindable = false;
  /** FCM refuses its next pushes. */
  isFaulty = false;
  /** It has changed its owner, or is about to. */
  hasMoved = false;
  /** It is being uninstalled. */
  isDoomed = false;
  /** Resolves when its registration is done. */
  settled = Promise.resolve();
  /** It is uninstalled: FCM refuses all of its pushes. */
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

  /** Reads the new pushes for a call. */
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

  /** Whether it rings for a call at that time. An uninstalled app does not, whatever FCM accepted for it before. */
  rings({ isOver, isStopped, expiresAt }: KnownCall, now: number): boolean {
    return !this.isGone && !isOver && !isStopped && now < expiresAt;
  }

  /** Applies the service's answer to a report: the call is over when it is another user's or no longer rings. */
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
