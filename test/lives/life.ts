import * as fc from "fast-check";
import type { DeathPlan } from "./instance.ts";
import type { Eagerness } from "./phone.ts";

/** The numbers of extens and phones of each user of a call. */
export type Shape = readonly { readonly extens: number; readonly phones: number }[];

/** Users with one number and several, with no phone and many. */
export const shapes: readonly Shape[] = [
  [{ extens: 1, phones: 1 }],
  [
    { extens: 1, phones: 2 },
    { extens: 1, phones: 1 },
  ],
  [{ extens: 2, phones: 2 }],
  [
    { extens: 2, phones: 1 },
    { extens: 1, phones: 1 },
  ],
  [
    { extens: 1, phones: 1 },
    { extens: 1, phones: 0 },
  ],
  [
    { extens: 1, phones: 5 },
    { extens: 1, phones: 5 },
  ],
  [
    { extens: 1, phones: 1 },
    { extens: 1, phones: 1 },
    { extens: 2, phones: 1 },
  ],
  [
    { extens: 2, phones: 3 },
    { extens: 2, phones: 2 },
  ],
];

/** The ring_id of an action; to the PBX, rings with the same ring_id are one. */
type RingName = "r1" | "r2" | undefined;

/** An action on a call. Extens, users and phones are indexes, modulo the number that the shape has. */
export type Action =
  | { readonly do: "announce"; readonly exten: number; readonly ring: RingName }
  | { readonly do: "end"; readonly exten: number | undefined; readonly ring: RingName; readonly reason: string }
  | {
      readonly do: "report";
      readonly phone: number;
      readonly event: "received" | "ready" | "answered" | "declined" | "ended";
      readonly of: "own" | "another's" | "unknown";
    }
  | { readonly do: "move"; readonly phone: number; readonly to: number }
  | { readonly do: "rename"; readonly phone: number }
  | { readonly do: "uninstall"; readonly phone: number }
  | { readonly do: "addFault"; readonly phone: number; readonly times: number; readonly delayMs: number }
  | { readonly do: "clearFaults" }
  | { readonly do: "wait"; readonly exten: number | undefined; readonly ring: RingName };

/** An action, its delay after the one before it, and the instance that it goes to. */
export interface Started {
  readonly action: Action;
  readonly gapMs: number;
  readonly instance: 0 | 1;
}

/** Concurrent actions; the next round begins when all of them are done. */
export interface Round {
  readonly actions: readonly Started[];
  /** How far the clock is turned before the round. */
  readonly turnMs: number;
  readonly fault?: "abort" | "lose" | "stall" | undefined;
  readonly death?: (DeathPlan & { readonly instance: 0 | 1 }) | undefined;
}

/** One life of a call. */
export interface Life {
  readonly shape: number;
  readonly eagerness: readonly Eagerness[];
  /** The longest time that Firestore takes for a request, in milliseconds; each takes a random part of it. */
  readonly firestoreMs: number;
  readonly abortsContended: boolean;
  readonly rounds: readonly Round[];
}

const nth = fc.nat({ max: 3 });
const ring = fc.oneof(
  { arbitrary: fc.constant(undefined), weight: 2 },
  { arbitrary: fc.constantFrom("r1" as const, "r2" as const), weight: 3 },
);
const phone = fc.nat({ max: 9 });
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const action: fc.Arbitrary<Action> = fc.oneof(
  { arbitrary: fc.record({ do: fc.constant("announce" as const), exten: nth, ring }), weight: 10 },
  {
    arbitrary: fc.record({
      do: fc.constant("end" as const),
      exten: some(nth),
      ring,
      reason: fc.constantFrom("cancelled", "answered_elsewhere", "missed"),
    }),
    weight: 6,
  },
  {
    arbitrary: fc.record({
      do: fc.constant("report" as const),
      phone,
      event: fc.constantFrom(
        "answered" as const,
        "declined" as const,
        "received" as const,
        "ready" as const,
        "ended" as const,
      ),
      of: fc.oneof(
        { arbitrary: fc.constant("own" as const), weight: 6 },
        { arbitrary: fc.constantFrom("another's" as const, "unknown" as const), weight: 1 },
      ),
    }),
    weight: 7,
  },
  { arbitrary: fc.record({ do: fc.constant("move" as const), phone, to: nth }), weight: 1 },
  { arbitrary: fc.record({ do: fc.constant("rename" as const), phone }), weight: 1 },
  { arbitrary: fc.record({ do: fc.constant("uninstall" as const), phone }), weight: 1 },
  {
    arbitrary: fc.record({
      do: fc.constant("addFault" as const),
      phone,
      times: fc.integer({ min: 1, max: 3 }),
      delayMs: fc.constantFrom(0, 0, 20),
    }),
    weight: 2,
  },
  { arbitrary: fc.record({ do: fc.constant("clearFaults" as const) }), weight: 1 },
  { arbitrary: fc.record({ do: fc.constant("wait" as const), exten: some(nth), ring }), weight: 1 },
);

const started: fc.Arbitrary<Started> = fc.record({
  action,
  gapMs: fc.constantFrom(0, 0, 1, 4, 12),
  instance: fc.constantFrom(0 as const, 1 as const),
});

const death = fc.record({
  at: fc.constantFrom("firestore" as const, "firestore" as const, "fcm" as const),
  request: fc.integer({ min: 1, max: 5 }),
  isDone: fc.boolean(),
  instance: fc.constantFrom(0 as const, 1 as const),
});

const round: fc.Arbitrary<Round> = fc.record({
  actions: fc.array(started, { minLength: 1, maxLength: 4 }),
  turnMs: fc.oneof({ arbitrary: fc.constant(0), weight: 4 }, { arbitrary: fc.constantFrom(11_000, 31_000), weight: 1 }),
  fault: fc.oneof(
    { arbitrary: fc.constant(undefined), weight: 10 },
    { arbitrary: fc.constantFrom("abort" as const, "lose" as const, "stall" as const), weight: 1 },
  ),
  death: fc.oneof({ arbitrary: fc.constant(undefined), weight: 12 }, { arbitrary: death, weight: 1 }),
});

/** Generates lives of a call. */
export const anyLife: fc.Arbitrary<Life> = fc.record({
  shape: fc.nat({ max: shapes.length - 1 }),
  eagerness: fc.array(fc.constantFrom("at once" as const, "late" as const, "never" as const), {
    minLength: 5,
    maxLength: 5,
  }),
  firestoreMs: fc.constantFrom(0, 0, 3, 3, 15),
  abortsContended: fc.boolean(),
  rounds: fc.array(round, { minLength: 1, maxLength: 6 }),
});
