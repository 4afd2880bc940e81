import { randomUUID } from "node:crypto";
import type { Answer } from "./instance.ts";
import type { Life } from "./life.ts";
import type { Operation, Timed } from "./rules.ts";
import { emptyState, type State } from "./state.ts";
import { Phone } from "./phone.ts";
import type { Cell, Site } from "./site.ts";

/** An answer whose index among its user's calls is known only when the round is over. */
export type Pending =
  | Operation
  | (Timed & { readonly kind: "pending"; readonly callId: string; readonly mayBeLost: boolean });

/** The state of a life while it runs. */
export class LifeRun {
  readonly callId = randomUUID();
  readonly site: Site;
  readonly cell: Cell;
  readonly phones: readonly Phone[];
  readonly log: string[] = [];
  readonly waits: Promise<Answer>[] = [];
  readonly gone = new AbortController();
  states: readonly State[] = [emptyState];
  operations: Pending[] = [];
  hasDied = false;
  reactions: Promise<void>[] = [];

  constructor(site: Site, cell: Cell, { eagerness }: Life) {
    this.site = site;
    this.cell = cell;
    this.phones = cell.phones.map(
      ({ uid, deviceId, token }, nth) => new Phone(site.fcm, uid, deviceId, token, eagerness[nth % eagerness.length]!),
    );
  }

  phone(nth: number): Phone | undefined {
    return this.phones[nth % this.phones.length];
  }

  exten(nth: number): string {
    return this.cell.extens[nth % this.cell.extens.length]!;
  }

  #places = 0;

  /** Starts timing an operation; the returned function ends it. */
  time(): () => Timed {
    const { clock } = this.site;
    const [from, place] = [clock.now(), (this.#places += 1)];
    return () => ({ at: [from, clock.now()], place: [place, (this.#places += 1)] });
  }

  ownerOf = (exten: string) => this.cell.owners.get(exten)!;
}

/** An error message: what is wrong, and the log of all actions and answers. */
export function describeFailure({ log }: LifeRun, what: string): string {
  return `${what}\n${log.join("\n")}`;
}
