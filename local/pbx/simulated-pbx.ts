import { systemClock, type Clock } from "../../functions/src/clock.ts";
import { createDialplanApi } from "./dialplan-api.ts";
import type { Hub } from "./hub.ts";
import type { CallRequest, PlacedCall } from "./placed-call.ts";
import { SimulatedCall, type Channels, type Switchboard } from "./simulated-call.ts";

export type { CallRequest, PlacedCall };

/** What the simulated PBX works with. */
export interface SimulatedPbxOptions {
  /** The service's API for PBXs, without a slash at its end. */
  readonly pbxUrl: string;
  readonly key: string;
  /** Where the PBX announces its events. */
  readonly hub: Pick<Hub, "announce">;
  /** Default the machine's. */
  readonly clock?: Clock;
}

/** An Asterisk without the telephony: calls come in, and around each it does what the dialplan of a real one does. */
export interface SimulatedPbx {
  /** A call comes in. Throws a `RangeError` without an exten, and for a ring time that the service does not take. */
  placeCall(request: CallRequest): PlacedCall;
  /** The caller hangs up while it rings; like the next two, it does nothing when the call is past that. */
  giveUp(linkedId: string): void;
  /** Somebody answers on a desk phone while it rings: the apps stop. */
  answerAtDesk(linkedId: string): void;
  /** An answered call ends. */
  hangUp(linkedId: string): void;
  /** The last 20, oldest first. */
  readonly calls: readonly PlacedCall[];
  /** Tells of every change at any call; returns what stops that. */
  onChange(listener: () => void): () => void;
  /** Ends every call and resolves when no request or timer is left, after three seconds at most. */
  close(): Promise<void>;
}

const keptCalls = 20;
const defaultRingSeconds = 30;
/** What the service takes for `ring_seconds`. */
const ringLimits = { min: 5, max: 120 };
/** For how long a service that is away is told of the calls that end with their PBX. */
const farewellMs = 3000;
/** Asterisk numbers its channels; the demo call and the documentation's examples take the first numbers. */
const firstChannel = 100;

/** Starts a PBX that speaks to the service at `pbxUrl` and announces its calls on `hub`. */
export function createSimulatedPbx(options: SimulatedPbxOptions): SimulatedPbx {
  return new Pbx(options);
}

class Pbx implements SimulatedPbx {
  readonly #board: Switchboard;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #calls: SimulatedCall[] = [];
  readonly #living = new Set<Promise<void>>();
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
    if (this.#calls.length > keptCalls) letGo(this.#calls.shift());
    const life = call.live(ringSeconds).finally(() => this.#living.delete(life));
    this.#living.add(life);
    return call.record.shown;
  }

  giveUp(linkedId: string): void {
    const call = this.#find(linkedId);
    if (call?.record.isUnanswered) call.end("caller", "caller gave up");
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
    this.#calls.forEach(letGo);
    const done = new AbortController();
    const patience = this.#board.clock.sleep(farewellMs, done.signal).catch(() => undefined);
    await Promise.race([Promise.all(this.#living), patience]);
    this.#closing.abort();
    done.abort();
    await Promise.all(this.#living);
  }

  #find(linkedId: string): SimulatedCall | undefined {
    return this.#calls.find(({ record }) => record.shown.linkedId === linkedId);
  }

  /** A call is named by its first channel, as Asterisk does it: the second of its birth, and a number. */
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

function letGo(call: SimulatedCall | undefined): void {
  call?.end(call.record.isUnanswered ? "caller" : "hung_up", "the PBX lets the call go");
}
