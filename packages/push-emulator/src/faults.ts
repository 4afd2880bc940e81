import type { Fault } from "./fault-script.ts";

interface PendingFault {
  readonly id: number;
  readonly fault: Fault;
  remaining: number;
}

/** A pending fault: it applies to further sends. */
export interface FaultReport extends Fault {
  readonly id: number;
  readonly remaining: number;
}

/** The pending faults, in the order in which they were scripted; a send takes the oldest that matches it. */
export class Faults {
  readonly #forAny: PendingFault[] = [];
  readonly #byAddress = new Map<string, PendingFault[]>();
  readonly #onChange: () => void;
  #nextId = 1;

  /** `onChange` is called whenever the pending faults change. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  add(fault: Fault): FaultReport {
    const pending = { id: this.#nextId, fault, remaining: fault.times };
    this.#nextId += 1;
    const address = fault.match.token;
    if (address === undefined) this.#forAny.push(pending);
    else this.#byAddress.set(address, [...(this.#byAddress.get(address) ?? []), pending]);
    this.#onChange();
    return report(pending);
  }

  /** Takes the fault for a send to any of these addresses of one install; undefined if there is none. */
  take(...addresses: readonly (string | undefined)[]): Fault | undefined {
    if (this.#forAny.length === 0 && this.#byAddress.size === 0) return undefined;
    let oldest = this.#forAny[0];
    for (const address of addresses) {
      const first = address === undefined ? undefined : this.#byAddress.get(address)?.[0];
      if (first !== undefined && (oldest === undefined || first.id < oldest.id)) oldest = first;
    }
    if (oldest === undefined) return undefined;
    oldest.remaining -= 1;
    if (oldest.remaining === 0) this.#remove(oldest);
    this.#onChange();
    return oldest.fault;
  }

  /** The pending faults, oldest first. */
  list(): FaultReport[] {
    return [...this.#forAny, ...[...this.#byAddress.values()].flat()]
      .toSorted((one, other) => one.id - other.id)
      .map(report);
  }

  /** Deletes all faults and returns how many there were. */
  clear(): number {
    const count = this.list().length;
    this.#forAny.length = 0;
    this.#byAddress.clear();
    this.#onChange();
    return count;
  }

  #remove(spent: PendingFault): void {
    const address = spent.fault.match.token;
    if (address === undefined) this.#forAny.shift();
    else {
      const rest = (this.#byAddress.get(address) ?? []).slice(1);
      if (rest.length === 0) this.#byAddress.delete(address);
      else this.#byAddress.set(address, rest);
    }
  }
}

function report({ id, fault, remaining }: PendingFault): FaultReport {
  return { id, ...fault, remaining };
}
