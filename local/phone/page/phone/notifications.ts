import type { PushData, PushText } from "../stack/push.ts";

/** A text on the screen, from a push. */
export interface Notification {
  readonly id: string;
  readonly title: string;
  readonly body: string;
  /** The push's data, for the app that a tap opens. */
  readonly data: PushData;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

const shownAtOnce = 3;

/** The notifications of a phone's system. */
export class Notifications {
  readonly #onChange: () => void;
  #shown: readonly Notification[] = [];

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Newest first. */
  get shown(): readonly Notification[] {
    return this.#shown;
  }

  /** Shows a text, in place of the one with the same id. */
  show({ id = crypto.randomUUID(), title, body }: PushText, data: PushData): void {
    const others = this.#shown.filter((one) => one.id !== id);
    this.#set([{ id, title, body, data, at: Date.now() }, ...others].slice(0, shownAtOnce));
  }

  /** Removes those that fit; returns whether there were any. */
  remove(isGone: (notification: Notification) => boolean): boolean {
    const kept = this.#shown.filter((one) => !isGone(one));
    if (kept.length === this.#shown.length) return false;
    this.#set(kept);
    return true;
  }

  #set(shown: readonly Notification[]): void {
    this.#shown = shown;
    this.#onChange();
  }
}
