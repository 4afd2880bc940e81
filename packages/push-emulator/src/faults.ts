import type { Fault } from "./fault-script.ts";
import type { Channel } from "./message-record.ts";

/** Whole bytes in hexadecimal, as APNs' device tokens are. */
const HEX = /^(?:[0-9a-f]{2})+$/i;

interface Pending<F extends Fault> {
  readonly id: number;
  readonly fault: F;
  remaining: number;
}

/** A pending fault: it applies to further sends. */
export type FaultReport = Fault & { readonly id: number; readonly remaining: number };

/** The pending faults, in the order in which they were scripted; a send takes the oldest that matches it. */
export class Faults {
  readonly #pending: { readonly [C in Channel]: PendingFaults<Extract<Fault, { channel: C }>> };
  readonly #onChange: () => void;
  #nextId = 1;

  /** `onChange` is called whenever the pending faults change. */
  constructor(onChange: () => void) {
    this.#pending = { fcm: new PendingFaults((address) => address), apns: new PendingFaults(foldVoipToken) };
    this.#onChange = onChange;
  }

  add(fault: Fault): FaultReport {
    const id = this.#nextId;
    this.#nextId += 1;
    if (fault.channel === "fcm") this.#pending.fcm.add({ id, fault, remaining: fault.times });
    else this.#pending.apns.add({ id, fault, remaining: fault.times });
    this.#onChange();
    return { id, ...fault, remaining: fault.times };
  }

  /** Takes a channel's fault for a send to any of these addresses of one install; undefined if there is none. */
  take<C extends Channel>(
    channel: C,
    addresses: readonly (string | undefined)[],
  ): Extract<Fault, { channel: C }> | undefined {
    const taken = this.#pending[channel].take(addresses);
    if (taken !== undefined) this.#onChange();
    return taken;
  }

  /** The pending faults, oldest first. */
  list(): FaultReport[] {
    return [...this.#pending.fcm.all(), ...this.#pending.apns.all()]
      .toSorted((one, other) => one.id - other.id)
      .map(({ id, fault, remaining }) => ({ id, ...fault, remaining }));
  }

  /** Deletes all faults and returns how many there were. */
  clear(): number {
    const count = this.list().length;
    this.#pending.fcm.clear();
    this.#pending.apns.clear();
    this.#onChange();
    return count;
  }
}

/** The pending faults of one channel. */
class PendingFaults<F extends Fault> {
  readonly #forAny: Pending<F>[] = [];
  readonly #byAddress = new Map<string, Pending<F>[]>();
  readonly #fold: (address: string) => string;

  /** `fold` gives the ways to write an address one form. */
  constructor(fold: (address: string) => string) {
    this.#fold = fold;
  }

  add(pending: Pending<F>): void {
    const address = this.#findAddress(pending);
    if (address === undefined) this.#forAny.push(pending);
    else this.#byAddress.set(address, [...(this.#byAddress.get(address) ?? []), pending]);
  }

  take(addresses: readonly (string | undefined)[]): F | undefined {
    if (this.#forAny.length === 0 && this.#byAddress.size === 0) return undefined;
    let oldest = this.#forAny[0];
    for (const address of addresses) {
      const first = address === undefined ? undefined : this.#byAddress.get(this.#fold(address))?.[0];
      if (first !== undefined && (oldest === undefined || first.id < oldest.id)) oldest = first;
    }
    if (oldest === undefined) return undefined;
    oldest.remaining -= 1;
    if (oldest.remaining === 0) this.#remove(oldest);
    return oldest.fault;
  }

  all(): readonly Pending<F>[] {
    return [...this.#forAny, ...[...this.#byAddress.values()].flat()];
  }

  clear(): void {
    this.#forAny.length = 0;
    this.#byAddress.clear();
  }

  #remove(spent: Pending<F>): void {
    const address = this.#findAddress(spent);
    if (address === undefined) this.#forAny.shift();
    else {
      const rest = (this.#byAddress.get(address) ?? []).slice(1);
      if (rest.length === 0) this.#byAddress.delete(address);
      else this.#byAddress.set(address, rest);
    }
  }

  #findAddress({ fault }: Pending<F>): string | undefined {
    const { token } = fault.match;
    return token === undefined ? undefined : this.#fold(token);
  }
}

/** APNs takes the digits of a device token in either case. */
function foldVoipToken(address: string): string {
  return HEX.test(address) ? address.toLowerCase() : address;
}
