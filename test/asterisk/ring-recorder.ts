import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { until } from "../support/until.ts";
import { startBase } from "./base-url-server.ts";

/** A request of the pack. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  /** The form of a POST, the query of a GET. */
  readonly form: Readonly<Record<string, string>>;
}

/** A server at a base URL, in place of the service, that records the pack's requests. */
export interface RingRecorder {
  readonly url: string;
  /** Every announcement so far: `POST /calls`. */
  announced(): readonly Asked[];
  /** Every end so far: `POST /calls/{call_id}/end`. */
  ended(): readonly Asked[];
  /** Every status read so far, pending ones included: `GET /calls/{call_id}`. */
  read(): readonly Asked[];
  /** Resolves once a condition holds. */
  until(condition: () => boolean): Promise<void>;
  /** Resolves to the n-th announcement, the first being 1. */
  announcement(n?: number): Promise<Asked>;
  /** Resolves to the announcements of the first two rings, the earlier ring's first, whichever came first. */
  pair(): Promise<readonly [Asked, Asked]>;
  /** Resolves to the form of the announcement of an exten. */
  announcementOf(exten: string): Promise<Asked["form"]>;
  /** Resolves to the n-th end. */
  end(n?: number): Promise<Asked>;
  /** Resolves when n status reads have come; each is held until `decide`. */
  held(n?: number): Promise<Asked>;
  /** Answers the held status reads, and all later ones. */
  decide(status: string): void;
  /** Holds announcements until the returned function is called. */
  delay(): () => void;
  /** Holds ends until the returned function is called. */
  delayEnds(): () => void;
  /** Removes all records. */
  clear(): void;
  close(): Promise<void>;
}

/** Starts a recorder. */
export async function startRingRecorder(): Promise<RingRecorder> {
  let asked: Asked[] = [];
  let status: string | undefined;
  let waiting: ServerResponse[] = [];
  let isSlow: Promise<void> = Promise.resolve();
  let areEndsSlow: Promise<void> = Promise.resolve();
  const byExten = new Map<string, PromiseWithResolvers<Asked["form"]>>();
  const announcementOf = (exten: string) => {
    const known = byExten.get(exten) ?? Promise.withResolvers();
    byExten.set(exten, known);
    return known;
  };
  const base = await startBase(async (response, request) => {
    const entry = await readAsked(request);
    asked.push(entry);
    if (entry.path === "/calls") announcementOf(entry.form["exten"]!).resolve(entry.form);
    if (isEnd(entry)) {
      await areEndsSlow;
      return response.end("ENDED 1\n");
    }
    if (entry.method === "POST") {
      await isSlow;
      return response.end("NOTIFIED 1\n");
    }
    if (status !== undefined) return response.end(`${status}\n`);
    // Without wait_seconds the service answers at once.
    if (Number(entry.form["wait_seconds"] ?? 0) === 0) return response.end("NOTIFIED\n");
    return waiting.push(response);
  });
  const announced = () => asked.filter((entry) => entry.path === "/calls");
  const ended = () => asked.filter(isEnd);
  const read = () => asked.filter(({ method }) => method === "GET");
  const nth = async (entries: () => readonly Asked[], n: number) => {
    await until(() => entries().length >= n);
    return entries()[n - 1]!;
  };
  return {
    url: base.url,
    announced,
    ended,
    read,
    until,
    announcement: (n = 1) => nth(announced, n),
    pair: async () => {
      const [one, two] = [await nth(announced, 1), await nth(announced, 2)];
      return beganAt(one) < beganAt(two) ? [one, two] : [two, one];
    },
    announcementOf: (exten) => announcementOf(exten).promise,
    end: (n = 1) => nth(ended, n),
    held: (n = 1) => nth(read, n),
    decide: (word) => {
      status = word;
      for (const response of waiting.splice(0)) response.end(`${word}\n`);
    },
    delay: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      isSlow = promise;
      return resolve;
    },
    delayEnds: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      areEndsSlow = promise;
      return resolve;
    },
    clear: () => {
      asked = [];
      byExten.clear();
      status = undefined;
      waiting = [];
      isSlow = Promise.resolve();
      areEndsSlow = Promise.resolve();
    },
    close: () => base.close(),
  };
}

/** When the ring began: its ring_id ends with the time, in microseconds since the epoch. */
function beganAt({ form }: Asked): number {
  return Number(form["ring_id"]?.split("-").at(-1));
}

function isEnd({ method, path }: Asked): boolean {
  return method === "POST" && path.endsWith("/end");
}

async function readAsked(request: IncomingMessage): Promise<Asked> {
  const { pathname, searchParams } = new URL(request.url!, "http://127.0.0.1");
  const form = request.method === "GET" ? searchParams : new URLSearchParams(await text(request));
  return { method: request.method!, path: pathname, form: Object.fromEntries(form) };
}
