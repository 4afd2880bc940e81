import { randomUUID } from "node:crypto";
import type { Answer } from "./instance.ts";
import type { Life } from "./life.ts";
import type { Act, Timed } from "./rules.ts";
import { nothing, type State } from "./state.ts";
import { Phone } from "./phone.ts";
import type { Cell, Site } from "./site.ts";

/** What of an answer is not known before all is quiet: which of its user's calls a phone has answered. */
export type Pending =
  | Act
  | (Timed & { readonly kind: "pending"; readonly callId: string; readonly mayBeLost: boolean });

/** What is going on with the call of one life. */
export class Living {
  readonly callId = randomUUID();
  readonly site: Site;
  readonly cell: Cell;
  readonly phones: readonly Phone[];
  readonly log: string[] = [];
  readonly waits: Promise<Answer>[] = [];
  readonly gone = new AbortController();
  states: readonly State[] = [nothing];
  acts: Pending[] = [];
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

  /** Begins to time something; what it returns ends that. */
  time(): () => Timed {
    const { clock } = this.site;
    const [from, place] = [clock.now(), (this.#places += 1)];
    return () => ({ at: [from, clock.now()], place: [place, (this.#places += 1)] });
  }

  ownerOf = (exten: string) => this.cell.owners.get(exten)!;
}

/** What is wrong, and all that was done and answered so far. */
export function complain({ log }: Living, what: string): string {
  return `${what}\n${log.join("\n")}`;
}
