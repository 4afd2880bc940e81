import type { Clock } from "./clock.ts";

/** Something that is to happen at a set time; made and cancelled by `Alarms`. */
export interface Alarm {
  readonly at: number;
  readonly ring: () => void;
  /** Place in the heap, kept current so that cancelling needs no search; -1 once rung or cancelled. */
  slot: number;
}

/** Any number of alarms on a single timer: a binary heap, so that setting and cancelling one among 100,000 costs a few swaps. */
export class Alarms {
  readonly #clock: Clock;
  readonly #heap: Alarm[] = [];
  #cancelTimer: (() => void) | undefined;
  #timerAt = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Has `ring` called `delayMs` from now. */
  set(delayMs: number, ring: () => void): Alarm {
    const alarm: Alarm = { at: this.#clock.now() + delayMs, ring, slot: this.#heap.length };
    this.#heap.push(alarm);
    this.#rise(alarm);
    this.#armTimer();
    return alarm;
  }

  /** Calls an alarm off; one that has rung or was cancelled before is left alone. */
  cancel(alarm: Alarm): void {
    const { slot } = alarm;
    if (slot === -1) return;
    alarm.slot = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === alarm) return;
    this.#place(last, slot);
    this.#rise(last);
    this.#sink(last);
  }

  /** Drops every alarm and the timer. */
  clear(): void {
    this.#heap.length = 0;
    this.#disarm();
  }

  #ringDue(): void {
    this.#disarm();
    const now = this.#clock.now();
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      this.cancel(first);
      first.ring();
    }
    this.#armTimer();
  }

  // An alarm that was cancelled leaves the timer as it is: one idle wake-up is cheaper than a new timer per message.
  #armTimer(): void {
    const first = this.#heap[0];
    if (first === undefined || first.at >= this.#timerAt) return;
    this.#disarm();
    this.#timerAt = first.at;
    this.#cancelTimer = this.#clock.after(Math.max(0, first.at - this.#clock.now()), () => {
      this.#ringDue();
    });
  }

  #disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#timerAt = Infinity;
  }

  #place(alarm: Alarm, slot: number): void {
    this.#heap[slot] = alarm;
    alarm.slot = slot;
  }

  #swap(a: Alarm, b: Alarm): void {
    const slot = a.slot;
    this.#place(a, b.slot);
    this.#place(b, slot);
  }

  #rise(alarm: Alarm): void {
    while (alarm.slot > 0) {
      const parent = this.#heap[(alarm.slot - 1) >> 1];
      if (parent === undefined || parent.at <= alarm.at) return;
      this.#swap(alarm, parent);
    }
  }

  #sink(alarm: Alarm): void {
    for (;;) {
      const left = this.#heap[alarm.slot * 2 + 1];
      const right = this.#heap[alarm.slot * 2 + 2];
      const child = right !== undefined && left !== undefined && right.at < left.at ? right : left;
      if (child === undefined || alarm.at <= child.at) return;
      this.#swap(alarm, child);
    }
  }
}
