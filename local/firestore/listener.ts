import type { ServerDuplexStream } from "@grpc/grpc-js";

import { bridge } from "./bridge.ts";
import type { MetaDocument } from "./bridge-types.ts";
import type { Database } from "./database.ts";
import { buildView, type View, type WireTarget } from "./listen-target.ts";
import { buildStatus } from "./rpc-error.ts";
import type { WireMessage } from "./wire.ts";

/** google.firestore.v1.ListenRequest. */
export interface ListenRequest {
  database: string;
  addTarget?: WireTarget;
  removeTarget?: number;
}

interface Target extends View {
  /** When each document the client has was last updated, by path. */
  known: Map<string, string>;
  stale: boolean;
}

// The Admin SDK opens a new stream after 120 s of silence.
const heartbeatMs = 45_000;

/** One Listen stream: tells the client the first state of each target and every later one. */
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
    this.#unwatch = database.watch((changes) => this.#changed(changes));
    this.#heartbeat = setInterval(() => this.#consistent(), heartbeatMs).unref();
  }

  /** Stops listening; the stream itself is the caller's. */
  close(): void {
    this.#unwatch();
    clearInterval(this.#heartbeat);
    clearImmediate(this.#flush);
    this.#targets.clear();
  }

  /** Adds a target and tells its first state, or refuses it alone, with the reason. */
  add(wire: WireTarget): void {
    const id = wire.targetId === undefined || wire.targetId === 0 ? this.#freeId() : wire.targetId;
    try {
      if (this.#targets.has(id)) throw new Error(`Target ${id} is already active on this stream`);
      const target = { ...buildView(this.#database, wire), known: new Map<string, string>(), stale: true };
      const documents = target.read();
      this.#targets.set(id, target);
      this.#tell("ADD", id);
      // What the client still has of an earlier stream may have gone meanwhile.
      if (wire.resumeToken !== undefined && wire.resumeToken.length > 0) this.#tell("RESET", id);
      this.#update(id, target, documents);
      this.#tell("CURRENT", id, { readTime: this.#now(), resumeToken });
      this.#consistent();
    } catch (error) {
      const { code, details } = buildStatus(error);
      this.#tell("REMOVE", id, {
        cause: { code, message: details },
      });
    }
  }

  /** Removes a target. */
  remove(id: number): void {
    if (this.#targets.delete(id)) this.#tell("REMOVE", id);
  }

  #changed(changes: MetaDocument[] | undefined): void {
    for (const target of this.#targets.values()) {
      target.stale ||= changes === undefined || changes.some((change) => target.concerns(change));
      // One look at the database serves all commits of this turn of the event loop.
      if (target.stale) this.#flush ??= setImmediate(() => this.#updateStale());
    }
  }

  #updateStale(): void {
    this.#flush = undefined;
    for (const [id, target] of this.#targets) {
      if (target.stale) this.#update(id, target, target.read());
    }
    this.#consistent();
  }

  #update(id: number, target: Target, documents: MetaDocument[]): void {
    const { context } = this.#database;
    const gone = new Set(target.known.keys());
    target.stale = false;
    for (const document of documents) {
      const { path, exists, updateTime } = document;
      const version = `${updateTime.seconds}.${updateTime.nanoseconds}`;
      gone.delete(path);
      if (!exists) this.#forget(id, target, path);
      else if (target.known.get(path) !== version) {
        target.known.set(path, version);
        const sent = context.serializeDoc(document, target.mask);
        this.#stream.write({ documentChange: { document: sent, targetIds: [id] } });
      }
    }
    for (const path of gone) this.#forget(id, target, path);
  }

  #forget(id: number, target: Target, path: string): void {
    const { context, engine } = this.#database;
    target.known.delete(path);
    const kind = engine.getDoc(path).exists ? "documentRemove" : "documentDelete";
    const removed = { document: context.toGapicPath(path), removedTargetIds: [id], readTime: this.#now() };
    this.#stream.write({ [kind]: removed });
  }

  #consistent(): void {
    const targetChange = { targetChangeType: "NO_CHANGE", targetIds: [], readTime: this.#now(), resumeToken };
    this.#stream.write({ targetChange });
  }

  #tell(targetChangeType: string, id: number, more: WireMessage = {}): void {
    this.#stream.write({ targetChange: { targetChangeType, targetIds: [id], ...more } });
  }

  #now() {
    return bridge.toProtoTimestamp(this.#database.clock.read());
  }

  #freeId(): number {
    let id = 1;
    while (this.#targets.has(id)) id += 1;
    return id;
  }
}

// It only says that the client has seen something: a target that comes back with it is told everything anew.
const resumeToken = Buffer.from("seen");
