import { FieldValue, type DocumentReference } from "firebase-admin/firestore";
import { TryAgain } from "../errors.ts";
import { hasStatus } from "../firestore/status.ts";
import type { Services } from "../services.ts";
import { settleWithin } from "../settle-within.ts";
import { Allowance, type Rate } from "./allowance.ts";
import {
  digestOf,
  endOf,
  grantOf,
  parseKeyDocument,
  pbxKeysRef,
  shortenDigest,
  type KeyDocument,
} from "./key-document.ts";
import { PbxKey } from "./pbx-key.ts";

/** A key read longer ago is read again, beside the request's own work. In milliseconds. */
const refreshMs = 30_000;

/** A key read longer ago is not trusted: the request waits until it is read again. A revoked key ends within this time. */
const trustMs = 60_000;

/** A PBX waits ten seconds. The first look-up of an instance may take a few: it connects to Firestore. */
const readMs = 6000;

/** An unknown key is looked up again after this time: a new key works within it. */
const unknownMs = 20_000;

/** How many unknown digests an instance remembers; some 150 bytes each. */
const maxUnknown = 1000;

/** Look-ups of digests that are no key: a client that guesses must not load the database. */
const lookupRate: Rate = { perSecond: 20, burst: 200 };

/** How exact `lastUsedAt` is. */
const lastUsedMs = 60 * 60 * 1000;

/** The keys of the PBXs, as this instance knows them. */
export interface PbxKeys {
  /** The valid key of a bearer token, or `undefined`; throws {@link TryAgain} if that cannot be known now. */
  find(bearer: string): Promise<PbxKey | undefined>;
  /** The same by the key's digest. */
  findByDigest(digest: string): Promise<PbxKey | undefined>;
}

interface Known {
  readonly key: PbxKey;
  readonly endsAt: number;
  readonly readAt: number;
  readonly allowance: Allowance;
}

/**
 * Keeps the keys of Firestore in memory. A known key costs a request no time; a new key works, and a revoked one ends,
 * within a minute.
 */
export class KeyCache implements PbxKeys {
  readonly #services: Pick<Services, "db" | "clock" | "log">;
  readonly #known = new Map<string, Known>();
  /** When a digest was found to be no key, oldest first. */
  readonly #unknown = new Map<string, number>();
  readonly #reading = new Map<string, Promise<Known | undefined>>();
  readonly #lookups = new Allowance();
  readonly #beside = new Set<Promise<unknown>>();

  constructor(services: Pick<Services, "db" | "clock" | "log">) {
    this.#services = services;
  }

  async find(bearer: string): Promise<PbxKey | undefined> {
    return this.findByDigest(digestOf(bearer));
  }

  async findByDigest(digest: string): Promise<PbxKey | undefined> {
    const { clock } = this.#services;
    const known = this.#known.get(digest);
    const age = known === undefined ? Infinity : Math.abs(clock.now() - known.readAt);
    if (known !== undefined && age < trustMs) {
      if (age >= refreshMs) this.#doBeside(this.#read(digest));
      return this.#ifValid(known);
    }
    if (known === undefined) {
      if (clock.now() - (this.#unknown.get(digest) ?? -Infinity) < unknownMs) return undefined;
      if (!this.#reading.has(digest) && this.#lookups.take(clock.now(), lookupRate) > 0)
        throw new TryAgain("Too many requests with unknown keys; retry the same request");
    }
    const read = await settleWithin(
      this.#read(digest).then((found) => ({ found })),
      readMs,
    );
    if (read === undefined) throw new TryAgain("Firestore did not answer in time; retry the same request");
    return this.#ifValid(read.found);
  }

  /** How many keys and digests it remembers. */
  get size(): number {
    return this.#known.size + this.#unknown.size;
  }

  /** Resolves when no read or write is under way beside the requests. */
  async settle(): Promise<void> {
    while (this.#beside.size > 0) await Promise.all(this.#beside);
  }

  /** Work that no request waits for: the next request does it again. */
  #doBeside(work: Promise<unknown>): void {
    const done = work
      .catch((error: unknown) => this.#services.log.warn("pbx_key_not_refreshed", { error }))
      .finally(() => this.#beside.delete(done));
    this.#beside.add(done);
  }

  #ifValid(known: Known | undefined): PbxKey | undefined {
    return known !== undefined && this.#services.clock.now() < known.endsAt ? known.key : undefined;
  }

  /** Reads a key, once for all requests that want it. */
  #read(digest: string): Promise<Known | undefined> {
    const underWay = this.#reading.get(digest);
    if (underWay !== undefined) return underWay;
    const reading = this.#readNow(digest).finally(() => this.#reading.delete(digest));
    this.#reading.set(digest, reading);
    return reading;
  }

  async #readNow(digest: string): Promise<Known | undefined> {
    const { db, clock, log } = this.#services;
    const readAt = clock.now();
    const ref = pbxKeysRef(db).doc(digest);
    const snapshot = await ref.get();
    const parsed = snapshot.exists ? parseKeyDocument(snapshot.data()) : undefined;
    if (parsed !== undefined && "unusable" in parsed)
      log.error("pbx_key_unusable", { key: shortenDigest(digest), reason: parsed.unusable });
    if (parsed === undefined || "unusable" in parsed) {
      this.#known.delete(digest);
      this.#remember(digest, readAt);
      return undefined;
    }
    const allowance = this.#known.get(digest)?.allowance ?? new Allowance();
    const key = new PbxKey(grantOf(parsed.key), shortenDigest(digest), allowance);
    const known = { key, endsAt: endOf(parsed.key), readAt, allowance };
    this.#known.set(digest, known);
    this.#unknown.delete(digest);
    if (this.#ifValid(known) !== undefined) this.#recordUse(ref, parsed.key);
    return known;
  }

  #remember(digest: string, readAt: number): void {
    this.#unknown.delete(digest);
    this.#unknown.set(digest, readAt);
    const [oldest] = this.#unknown.keys();
    if (this.#unknown.size > maxUnknown && oldest !== undefined) this.#unknown.delete(oldest);
  }

  #recordUse(ref: DocumentReference, { lastUsedAt }: KeyDocument): void {
    if (lastUsedAt !== undefined && this.#services.clock.now() - lastUsedAt.toMillis() < lastUsedMs) return;
    const writing = ref.update({ lastUsedAt: FieldValue.serverTimestamp() }).catch((error: unknown) => {
      // The key was deleted meanwhile.
      if (!hasStatus(error, "NOT_FOUND")) throw error;
    });
    this.#doBeside(writing);
  }
}
