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

interface Note {
  readonly at: number;
  readonly text: string;
}

/** The state of a life while it runs. */
export class LifeRun {
  readonly callId = randomUUID();
  readonly site: Site;
  readonly cell: Cell;
  readonly phones: readonly Phone[];
  readonly #startedAt = Date.now();
  readonly #notes: Note[] = [];
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

  note(text: string): void {
    this.#notes.push({ at: Date.now(), text });
  }

  #places = 0;

  /** Starts timing an operation; the returned function ends it. */
  time(): () => Timed {
    const { clock } = this.site;
    const [from, place] = [clock.now(), (this.#places += 1)];
    return () => ({ at: [from, clock.now()], place: [place, (this.#places += 1)] });
  }

  /** What has happened so far, each line with its milliseconds since the start. */
  history(): readonly string[] {
    const { fcm, database } = this.site;
    const pushes = this.phones.flatMap(({ token, home }) =>
      fcm.messages(token).map(({ message, acceptedAt }): Note => {
        const { type, exten = "", callId } = (message as { data: Record<string, string> }).data;
        return { at: Date.parse(acceptedAt), text: `  push to ${home.deviceId}: ${type} ${exten} ${callId}` };
      }),
    );
    const requests = database.requests.map(({ rpc, collections, startedAt, answeredAt }): Note => {
      const took = answeredAt === undefined ? "no answer" : `${Math.round(answeredAt - startedAt)} ms`;
      return { at: performance.timeOrigin + startedAt, text: `  ${rpc} ${collections.join(" ")} ${took}` };
    });
    return [...this.#notes, ...pushes, ...requests]
      .filter(({ at }) => at >= this.#startedAt)
      .toSorted((one, other) => one.at - other.at)
      .map(({ at, text }) => `${String(Math.round(at - this.#startedAt)).padStart(6)} ${text}`);
  }

  ownerOf = (exten: string) => this.cell.owners.get(exten)!;
}

/** An error message: what is wrong, then all actions, answers and pushes, and Firestore's requests, in their order. */
export function describeFailure(run: LifeRun, what: string): string {
  return [what, ...run.history()].join("\n");
}
