import { FieldValue, type DocumentReference } from "firebase-admin/firestore";
import { TryAgain } from "../errors.ts";
import { hasStatus } from "../firestore/status.ts";
import type { Services } from "../services.ts";
import { settleWithin } from "../settle-within.ts";
import { Allowance } from "./allowance.ts";
import {
  digestOf,
  endOf,
  grantOf,
  parseKeyDocument,
  pbxKeysRef,
  shortenDigest,
  type KeyDocument,
} from "./key-document.ts";
import { PbxKey, type KeyAllowances } from "./pbx-key.ts";
import { UnknownKeys } from "./unknown-keys.ts";

/** A key read longer ago is read again, beside the request's own work. In milliseconds. */
const refreshMs = 30_000;

/** A key read longer ago is not trusted: the request waits until it is read again. A revoked key ends within this time. */
const trustMs = 60_000;

/**
 * A PBX waits ten seconds. The first look-up of an instance may take a few: it connects to Firestore. No request waits
 * for a read that has taken longer: it starts another one.
 */
const readMs = 6000;

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
  /** When the read was sent: the facts may be as old. */
  readonly readAt: number;
  /** Which read it was: answers may overtake each other, and clocks are set back. */
  readonly nth: number;
  readonly allowances: KeyAllowances;
}

/** A read that was sent; of a digest that is no key it finds nothing. */
interface Read {
  readonly sentAt: number;
  readonly found: Promise<Known | undefined>;
}

/**
 * Keeps the keys of Firestore in memory. A known key costs a request no time; a new key works, and a revoked one ends,
 * within a minute.
 */
export class KeyCache implements PbxKeys {
  readonly #services: Pick<Services, "db" | "clock" | "log">;
  readonly #known = new Map<string, Known>();
  readonly #unknown: UnknownKeys;
  readonly #reading = new Map<string, Read>();
  readonly #beside = new Set<Promise<unknown>>();
  #reads = 0;

  constructor(services: Pick<Services, "db" | "clock" | "log">) {
    this.#services = services;
    this.#unknown = new UnknownKeys(services);
  }

  async find(bearer: string): Promise<PbxKey | undefined> {
    return this.findByDigest(digestOf(bearer));
  }

  async findByDigest(digest: string): Promise<PbxKey | undefined> {
    const known = this.#known.get(digest);
    const underWay = this.#underWay(digest);
    if (known !== undefined && this.#age(known.readAt) < trustMs) {
      if (this.#age(known.readAt) >= refreshMs && underWay === undefined) this.#doBeside(this.#read(digest).found);
      return this.#ifValid(known);
    }
    if (known === undefined && underWay === undefined && !this.#unknown.mayBeKey(digest)) return undefined;
    const { sentAt, found } = underWay ?? this.#read(digest);
    const read = await settleWithin(
      found.then((key) => ({ key })),
      readMs,
    );
    // An instance that was frozen gets an answer that is as old as its sleep.
    if (read === undefined || this.#age(sentAt) >= trustMs)
      throw new TryAgain("Firestore did not answer in time; retry the same request");
    return this.#ifValid(read.key);
  }

  /** How many keys and digests it remembers. */
  get size(): number {
    return this.#known.size + this.#unknown.size;
  }

  /** Resolves when no read or write is under way beside the requests. */
  async settle(): Promise<void> {
    while (this.#beside.size > 0) await Promise.all(this.#beside);
    await this.#unknown.settle();
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

  /** How long ago a time was. A clock that was set back makes it old: it could be anything. */
  #age(at: number): number {
    return Math.abs(this.#services.clock.now() - at);
  }

  /** The read of a key that all requests for it may wait for. */
  #underWay(digest: string): Read | undefined {
    const read = this.#reading.get(digest);
    return read !== undefined && this.#age(read.sentAt) < readMs ? read : undefined;
  }

  #read(digest: string): Read {
    const sentAt = this.#services.clock.now();
    this.#reads += 1;
    const found = this.#readNow(digest, sentAt, this.#reads).finally(() => {
      if (this.#reading.get(digest) === read) this.#reading.delete(digest);
    });
    const read = { sentAt, found };
    this.#reading.set(digest, read);
    return read;
  }

  async #readNow(digest: string, readAt: number, nth: number): Promise<Known | undefined> {
    const { db, log } = this.#services;
    const ref = pbxKeysRef(db).doc(digest);
    const snapshot = await ref.get();
    const before = this.#known.get(digest);
    if (before !== undefined && before.nth > nth) return before;
    const parsed = snapshot.exists ? parseKeyDocument(snapshot.data()) : undefined;
    if (parsed !== undefined && "unusable" in parsed)
      log.error("pbx_key_unusable", { key: shortenDigest(digest), reason: parsed.unusable });
    if (parsed === undefined || "unusable" in parsed) {
      this.#known.delete(digest);
      this.#unknown.add(digest, readAt);
      return undefined;
    }
    const allowances = before?.allowances ?? { own: new Allowance(), strangers: new Allowance() };
    const key = new PbxKey(grantOf(parsed.key), shortenDigest(digest), allowances);
    const known = { key, endsAt: endOf(parsed.key), readAt, nth, allowances };
    this.#known.set(digest, known);
    this.#unknown.delete(digest);
    if (this.#ifValid(known) !== undefined) this.#recordUse(ref, parsed.key);
    return known;
  }

  #recordUse(ref: DocumentReference, { lastUsedAt }: KeyDocument): void {
    if (lastUsedAt !== undefined && this.#age(lastUsedAt.toMillis()) < lastUsedMs) return;
    const writing = ref.update({ lastUsedAt: FieldValue.serverTimestamp() }).catch((error: unknown) => {
      // The key was deleted meanwhile.
      if (!hasStatus(error, "NOT_FOUND")) throw error;
    });
    this.#doBeside(writing);
  }
}
