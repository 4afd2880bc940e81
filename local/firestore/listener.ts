import type { ServerDuplexStream } from "@grpc/grpc-js";

import type { Database } from "./database.ts";
import { buildView, type View, type WireTarget } from "./listen-target.ts";
import { buildStatus } from "./rpc-error.ts";
import type { StoredDocument } from "./store.ts";
import { toTimestamp } from "./values.ts";
import type { WireMessage } from "./wire.ts";

/** google.firestore.v1.ListenRequest. */
export interface ListenRequest {
  database: string;
  addTarget?: WireTarget;
  removeTarget?: number;
}

interface Target extends View {
  /** The documents that the client knows, by path; `undefined` for those it knows to be missing. */
  known: Map<string, StoredDocument | undefined>;
  stale: boolean;
}

// The Admin SDK opens a new stream after 120 s of silence.
const heartbeatMs = 45_000;

/** One Listen stream: sends the client the first state of each target and every change. */
export class Listener {
  readonly #stream: ServerDuplexStream<ListenRequest, WireMessage>;
  readonly #database: Database;
  readonly #targets = new Map<number, Target>();
  readonly #unwatch: () => void;
  readonly #heartbeat: NodeJS.Timeout;
  #flush: NodeJS.Immediate | undefined;

  constructor(stream: ServerDuplexStream<ListenRequest, WireMessage>, database: Database) {
    this.#stream = stream;
    this.#database = database;
    this.#unwatch = database.watch((changed) => this.#changed(changed));
    this.#heartbeat = setInterval(() => this.#sendSnapshotTime(), heartbeatMs).unref();
  }

  /** Stops listening; the caller closes the stream. */
  close(): void {
    this.#unwatch();
    clearInterval(this.#heartbeat);
    clearImmediate(this.#flush);
    this.#targets.clear();
  }

  /** Adds a target and sends its first state; an invalid target is removed with its error, and the stream stays open. */
  add(wire: WireTarget): void {
    const id = wire.targetId === undefined || wire.targetId === 0 ? this.#freeId() : wire.targetId;
    try {
      if (this.#targets.has(id)) throw new Error(`Target ${id} is already active on this stream`);
      const target = {
        ...buildView(this.#database, wire),
        known: new Map<string, StoredDocument | undefined>(),
        stale: true,
      };
      const documents = target.read();
      this.#targets.set(id, target);
      this.#sendTargetChange("ADD", id);
      // Documents that the client has from an earlier stream may no longer match.
      if (wire.resumeToken !== undefined && wire.resumeToken.length > 0) this.#sendTargetChange("RESET", id);
      this.#update(id, target, documents);
      this.#sendTargetChange("CURRENT", id, { readTime: this.#now(), resumeToken });
      this.#sendSnapshotTime();
    } catch (error) {
      const { code, details } = buildStatus(error);
      this.#sendTargetChange("REMOVE", id, {
        cause: { code, message: details },
      });
    }
  }

  /** Removes a target. */
  remove(id: number): void {
    if (this.#targets.delete(id)) this.#sendTargetChange("REMOVE", id);
  }

  #changed(changed: ReadonlySet<string> | undefined): void {
    for (const target of this.#targets.values()) {
      target.stale ||= changed === undefined || [...changed].some((path) => target.concerns(path));
      // One read covers all commits of this turn of the event loop.
      if (target.stale) this.#flush ??= setImmediate(() => this.#updateStale());
    }
  }

  #updateStale(): void {
    this.#flush = undefined;
    for (const [id, target] of this.#targets) {
      if (target.stale) this.#update(id, target, target.read());
    }
    this.#sendSnapshotTime();
  }

  #update(id: number, target: Target, documents: StoredDocument[]): void {
    const gone = new Set([...target.known.keys(), ...target.named]);
    target.stale = false;
    for (const document of documents) {
      gone.delete(document.path);
      if (target.known.get(document.path) === document) continue;
      target.known.set(document.path, document);
      const sent = this.#database.toWire(document, target.mask);
      this.#stream.write({ documentChange: { document: sent, targetIds: [id] } });
    }
    for (const path of gone) this.#forget(id, target, path);
  }

  #forget(id: number, target: Target, path: string): void {
    if (target.known.has(path) && target.known.get(path) === undefined) return;
    if (target.named.includes(path)) target.known.set(path, undefined);
    else target.known.delete(path);
    const kind = this.#database.store.get(path) === undefined ? "documentDelete" : "documentRemove";
    const removed = { document: this.#database.nameOf(path), removedTargetIds: [id], readTime: this.#now() };
    this.#stream.write({ [kind]: removed });
  }

  #sendSnapshotTime(): void {
    const targetChange = { targetChangeType: "NO_CHANGE", targetIds: [], readTime: this.#now(), resumeToken };
    this.#stream.write({ targetChange });
  }

  #sendTargetChange(targetChangeType: string, id: number, more: WireMessage = {}): void {
    this.#stream.write({ targetChange: { targetChangeType, targetIds: [id], ...more } });
  }

  #now() {
    return toTimestamp(this.#database.clock.read());
  }

  #freeId(): number {
    let id = 1;
    while (this.#targets.has(id)) id += 1;
    return id;
  }
}

// The token has no content: a target that is resumed with it gets all documents again.
const resumeToken = Buffer.from("seen");
