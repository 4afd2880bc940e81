import { systemClock, type Clock } from "../../functions/src/clock.ts";
import { createDialplanApi } from "./dialplan-api.ts";
import type { Hub } from "./hub.ts";
import type { CallRequest, PlacedCall } from "./placed-call.ts";
import { SimulatedCall, type Channels, type Switchboard } from "./simulated-call.ts";

export type { CallRequest, PlacedCall };

/** Options of the simulated PBX. */
export interface SimulatedPbxOptions {
  /** URL of the service's PBX API, without a trailing slash. */
  readonly pbxUrl: string;
  readonly key: string;
  /** Where the PBX announces its events. */
  readonly hub: Pick<Hub, "announce">;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}

/** An Asterisk without telephony: for each call, it does what a real dialplan does. */
export interface SimulatedPbx {
  /** Places a call. Throws a `RangeError` without an exten, and for a ring time that the service does not accept. */
  placeCall(request: CallRequest): PlacedCall;
  /** The caller hangs up while it rings. Like the next two, no effect in another state of the call. */
  giveUp(linkedId: string): void;
  /** Answers on a desk phone while it rings: the apps stop ringing. */
  answerAtDesk(linkedId: string): void;
  /** Ends an answered call. */
  hangUp(linkedId: string): void;
  /** The last 20, oldest first. */
  readonly calls: readonly PlacedCall[];
  /** Calls `listener` after every change of a call; returns a function that removes it. */
  onChange(listener: () => void): () => void;
  /** Ends every call and resolves when no request or timer is left, after at most three seconds. */
  close(): Promise<void>;
}

const keptCalls = 20;
const defaultRingSeconds = 30;
/** The service's limits of `ring_seconds`. */
const ringLimits = { min: 5, max: 120 };
/** How long `close` waits for the requests that end the calls. */
const closeTimeoutMs = 3000;
/** Number of the first channel; the demo call and the documentation's examples use smaller numbers. */
const firstChannel = 100;

/** Creates a PBX that calls the service at `pbxUrl` and announces its calls on `hub`. */
export function createSimulatedPbx(options: SimulatedPbxOptions): SimulatedPbx {
  return new Pbx(options);
}

class Pbx implements SimulatedPbx {
  readonly #board: Switchboard;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #calls: SimulatedCall[] = [];
  readonly #running = new Set<Promise<void>>();
  #nextChannel = firstChannel;

  constructor({ pbxUrl, key, hub, clock = systemClock }: SimulatedPbxOptions) {
    const onChange = () => this.#listeners.forEach((listener) => listener());
    this.#board = { api: createDialplanApi(pbxUrl, key, this.#closing.signal), hub, clock, onChange };
  }

  get calls(): readonly PlacedCall[] {
    return this.#calls.map(({ record }) => record.shown);
  }

  placeCall(request: CallRequest): PlacedCall {
    const ringSeconds = requireRingSeconds(request.ringSeconds ?? defaultRingSeconds);
    const call = new SimulatedCall(this.#board, this.#nameChannels(request));
    this.#calls.push(call);
    if (this.#calls.length > keptCalls) endCall(this.#calls.shift());
    const run = call.run(ringSeconds).finally(() => this.#running.delete(run));
    this.#running.add(run);
    return call.record.shown;
  }

  giveUp(linkedId: string): void {
    const call = this.#find(linkedId);
    if (call?.record.isUnanswered) call.end("caller", "caller hung up");
  }

  answerAtDesk(linkedId: string): void {
    this.#find(linkedId)?.answer("desk");
  }

  hangUp(linkedId: string): void {
    const call = this.#find(linkedId);
    if (call?.record.shown.state === "answered") call.end("hung_up", "hung up");
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#calls.forEach(endCall);
    const done = new AbortController();
    const timeout = this.#board.clock.sleep(closeTimeoutMs, done.signal).catch(() => undefined);
    await Promise.race([Promise.all(this.#running), timeout]);
    this.#closing.abort();
    done.abort();
    await Promise.all(this.#running);
  }

  #find(linkedId: string): SimulatedCall | undefined {
    return this.#calls.find(({ record }) => record.shown.linkedId === linkedId);
  }

  /** As in Asterisk, a call has the id of its first channel: the second of its creation, and a number. */
  #nameChannels({ callerId, callerName, extens }: CallRequest): Channels {
    const second = Math.floor(this.#board.clock.now() / 1000);
    const linkedId = `${second}.${this.#nextChannel}`;
    const [first, ...others] = extens.map((exten) => {
      const uniqueId = `${second}.${this.#nextChannel}`;
      this.#nextChannel += 1;
      return { uniqueId, linkedId, exten, callerId, callerName };
    });
    if (first === undefined) throw new RangeError("A call rings one exten at least");
    return [first, ...others];
  }
}

function requireRingSeconds(seconds: number): number {
  if (Number.isInteger(seconds) && seconds >= ringLimits.min && seconds <= ringLimits.max) return seconds;
  throw new RangeError(`A call rings for ${ringLimits.min} to ${ringLimits.max} seconds`);
}

function endCall(call: SimulatedCall | undefined): void {
  call?.end(call.record.isUnanswered ? "caller" : "hung_up", "the PBX ended the call");
}
