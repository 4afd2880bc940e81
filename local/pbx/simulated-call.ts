import type { Clock } from "../../functions/src/clock.ts";
import { CallRecord } from "./call-record.ts";
import type { DialplanApi, RunName } from "./dialplan-api.ts";
import type { Hub } from "./hub.ts";
import { buildHangup, buildNewchannel, type Channel } from "./pbx-event.ts";
import type { EndedBy, PlacedCall } from "./placed-call.ts";

/** The parts of the PBX that a call uses. */
export interface Switchboard {
  readonly api: DialplanApi;
  readonly hub: Pick<Hub, "announce">;
  readonly clock: Clock;
  /** Called after every change. */
  readonly onChange: () => void;
}

/** The channels of a call; it came in on the first. */
export type Channels = readonly [Channel, ...Channel[]];

/** Asterisk's DIALSTATUS and hang-up cause for each end. */
const endings: Readonly<Record<EndedBy, { readonly dialstatus: string; readonly cause: number }>> = {
  caller: { dialstatus: "CANCEL", cause: 16 },
  hung_up: { dialstatus: "ANSWER", cause: 16 },
  declined: { dialstatus: "BUSY", cause: 17 },
  nobody: { dialstatus: "NOANSWER", cause: 19 },
  unreachable: { dialstatus: "NOANSWER", cause: 19 },
};

/** Poll interval when the service does not wait: the delay until the PBX knows of an answer. */
const pollMs = 300;

/** One call, with the PBX's dialplan around it. */
export class SimulatedCall {
  readonly record: CallRecord;
  readonly #board: Switchboard;
  readonly #channels: Channels;
  /** One run for all numbers: a hangup ends them with one request. */
  readonly #run: RunName;
  /** Aborted when the ringing ends. */
  readonly #ringing = new AbortController();
  readonly #rang = Promise.withResolvers<"answered at desk" | "answered on a phone" | "in vain">();
  readonly #ended = Promise.withResolvers<EndedBy>();
  #following: Promise<void> | undefined;

  constructor(board: Switchboard, channels: Channels) {
    this.record = new CallRecord(channels, board.clock, board.onChange);
    this.#board = board;
    this.#channels = channels;
    const [{ linkedId, uniqueId }] = channels;
    this.#run = { linkedId, ringId: `${uniqueId}-${board.clock.now()}` };
  }

  /** Runs the call, from its first event to its hangup. Never rejects. */
  async run(ringSeconds: number): Promise<void> {
    const { hub } = this.#board;
    for (const channel of this.#channels) hub.announce(buildNewchannel(channel));
    const ringing = [this.#stopInTime(ringSeconds), this.#wakeAll(ringSeconds)];
    if ((await this.#rang.promise) === "answered at desk") await this.#postEnd("ANSWER");
    const { dialstatus, cause } = endings[await this.#ended.promise];
    await this.#postEnd(dialstatus);
    hub.announce(buildHangup(this.#channels[0], cause));
    await Promise.all(ringing);
  }

  /** Answers the call; no effect if it does not ring. */
  answer(answeredBy: "phone" | "desk"): void {
    if (!this.record.isUnanswered) return;
    this.#ringing.abort();
    this.record.change({ state: "answered", answeredBy }, ...(answeredBy === "desk" ? ["answered at the desk"] : []));
    this.#rang.resolve(answeredBy === "desk" ? "answered at desk" : "answered on a phone");
  }

  /** Ends the call; no effect if it has ended. */
  end(endedBy: EndedBy, what?: string): void {
    if (this.record.shown.state === "ended") return;
    this.#ringing.abort();
    this.record.change({ state: "ended", endedBy }, what);
    this.#rang.resolve("in vain");
    this.#ended.resolve(endedBy);
  }

  async #stopInTime(ringSeconds: number): Promise<void> {
    const isOver = await this.#pause(ringSeconds * 1000);
    if (!isOver) this.end(this.#following === undefined ? "unreachable" : "nobody", "nobody answered");
  }

  async #wakeAll(ringSeconds: number): Promise<void> {
    await Promise.all(this.#channels.map(async (channel) => this.#wake(channel, ringSeconds)));
    // No phone will be ready: the desk phone rings alone, as at a real PBX.
    if (this.#following === undefined) this.#ring({ ringsDeskOnly: true });
    await this.#following;
  }

  async #wake(channel: Channel, ringSeconds: number): Promise<void> {
    this.record.note(`POST /calls ${channel.exten}`);
    const line = await this.#board.api.wake({ ...channel, ...this.#run, ringSeconds });
    this.record.note(this.#channels.length === 1 ? line : `${channel.exten}: ${line}`);
    if (line.startsWith("NOTIFIED")) this.#following ??= this.#follow();
  }

  /** Polls the service for the call's state until the ringing ends. */
  async #follow(): Promise<void> {
    let last = "";
    do {
      const line = await this.#board.api.awaitDecision(this.#run, this.#ringing.signal);
      if (this.#ringing.signal.aborted) return;
      if (line !== last) this.#handleDecision(line);
      last = line;
    } while (!(await this.#pause(pollMs)));
  }

  #handleDecision(line: string): void {
    this.record.note(line);
    if (line === "ANSWERED") this.answer("phone");
    else if (line === "DECLINED") this.end("declined");
    else if (line === "ENDED") this.end("caller");
    else this.#ring();
  }

  #ring(how: Pick<PlacedCall, "ringsDeskOnly"> = {}): void {
    if (this.record.shown.state === "waking") this.record.change({ state: "ringing", ...how });
  }

  async #postEnd(dialstatus: string): Promise<void> {
    this.record.note(`POST /calls/…/end ${dialstatus}`);
    this.record.note(await this.#board.api.end(this.#run, dialstatus));
  }

  /** Waits `ms`; resolves early, with true, when the ringing ends. */
  async #pause(ms: number): Promise<boolean> {
    try {
      await this.#board.clock.sleep(ms, this.#ringing.signal);
      return false;
    } catch {
      return true;
    }
  }
}
