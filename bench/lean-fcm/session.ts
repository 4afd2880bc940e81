// The part of https://www.rfc-editor.org/rfc/rfc9113 that the server of `messages:send` needs; APNs' clients are content
// with it, too.
import type { Socket } from "node:net";

const prefaceBytes = 24;
const headerBytes = 9;

const frame = { data: 0, headers: 1, settings: 4, ping: 6, windowUpdate: 8 } as const;
const endStream = 0x1;
const endHeaders = 0x4;
const ack = 0x1;

/** HTTP/2's initial flow-control window, in bytes. */
const initialWindow = 65_535;
/** As on FCM's servers. */
const streamsPerConnection = 100;
/** The sender gets a window update after this many bytes. */
const windowStep = 1 << 20;

// HPACK without its tables: ":status: 200" by its static index, a literal with the static name "content-type", and one with a
// name of its own, which only APNs' clients read.
const contentType = "application/json; charset=UTF-8";
const [idName, id] = ["apns-id", "00000000-0000-4000-8000-000000000000"];
const answerHeaders = Buffer.concat([
  Buffer.from([0x88, 0x0f, 0x10, contentType.length]),
  Buffer.from(contentType, "latin1"),
  Buffer.from([0x00, idName.length]),
  Buffer.from(idName, "latin1"),
  Buffer.from([id.length]),
  Buffer.from(id, "latin1"),
]);

/** One connection. `onRequests` gets the streams with a complete request, and calls `accept` to answer them. */
export class Session {
  readonly #socket: Socket;
  readonly #onRequests: (streams: readonly number[]) => void;
  #unread: Buffer = Buffer.alloc(0);
  #isOpened = false;
  #received = 0;
  #window = initialWindow;
  #held: number[] = [];
  #sent = 0;

  constructor(socket: Socket, onRequests: (streams: readonly number[]) => void) {
    this.#socket = socket;
    this.#onRequests = onRequests;
    socket.write(Buffer.concat([buildSettings(), buildWindowUpdate(windowStep * 1000)]));
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
  }

  /** Answers requests with 200 and a message id, in one write. */
  accept(streams: readonly number[]): void {
    const queue = this.#held.length > 0 ? [...this.#held, ...streams] : streams;
    const frames: Buffer[] = [];
    let done = 0;
    for (const stream of queue) {
      const body = Buffer.from(`{"name":"projects/demo/messages/0:${this.#sent}"}`, "latin1");
      if (body.length > this.#window) break;
      this.#window -= body.length;
      this.#sent += 1;
      done += 1;
      frames.push(buildFrame(frame.headers, endHeaders, stream, answerHeaders));
      frames.push(buildFrame(frame.data, endStream, stream, body));
    }
    this.#held = queue.slice(done);
    if (frames.length > 0 && !this.#socket.destroyed) this.#socket.write(Buffer.concat(frames));
  }

  #read(chunk: Buffer): void {
    const input = this.#unread.length > 0 ? Buffer.concat([this.#unread, chunk]) : chunk;
    let at = this.#isOpened ? 0 : prefaceBytes;
    const requests: number[] = [];
    for (let end = findEnd(input, at); end !== undefined; end = findEnd(input, at)) {
      this.#take(input.subarray(at, end), requests);
      at = end;
      this.#isOpened = true;
    }
    this.#unread = this.#isOpened ? input.subarray(at) : input;
    if (this.#received >= windowStep) {
      this.#socket.write(buildWindowUpdate(this.#received));
      this.#received = 0;
    }
    if (requests.length > 0) this.#onRequests(requests);
  }

  #take(whole: Buffer, requests: number[]): void {
    const type = whole[3];
    const flags = whole[4] ?? 0;
    const stream = whole.readUInt32BE(5);
    if (type === frame.data) this.#received += whole.length - headerBytes;
    const isRequest = type === frame.data || type === frame.headers;
    if (!isRequest) this.#handleControl(type, flags, stream, whole.subarray(headerBytes));
    else if ((flags & endStream) !== 0) requests.push(stream);
  }

  #handleControl(type: number | undefined, flags: number, stream: number, payload: Buffer): void {
    if (type === frame.settings && (flags & ack) === 0) this.#socket.write(buildFrame(frame.settings, ack, 0));
    if (type === frame.ping && (flags & ack) === 0) this.#socket.write(buildFrame(frame.ping, ack, 0, payload));
    if (type === frame.windowUpdate && stream === 0) {
      this.#window += payload.readUInt32BE(0);
      if (this.#held.length > 0) this.accept([]);
    }
  }
}

/** Where the frame that begins at `at` ends, or `undefined` if it is incomplete. */
function findEnd(input: Buffer, at: number): number | undefined {
  if (input.length - at < headerBytes) return undefined;
  const end = at + headerBytes + input.readUIntBE(at, 3);
  return end <= input.length ? end : undefined;
}

function buildFrame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const built = Buffer.allocUnsafe(headerBytes + payload.length);
  built.writeUIntBE(payload.length, 0, 3);
  built[3] = type;
  built[4] = flags;
  built.writeUInt32BE(stream, 5);
  payload.copy(built, headerBytes);
  return built;
}

function buildSettings(): Buffer {
  const maxConcurrentStreams = 3;
  const payload = Buffer.alloc(6);
  payload.writeUInt16BE(maxConcurrentStreams, 0);
  payload.writeUInt32BE(streamsPerConnection, 2);
  return buildFrame(frame.settings, 0, 0, payload);
}

/** Lets the peer send `bytes` more, on all streams together. */
function buildWindowUpdate(bytes: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes, 0);
  return buildFrame(frame.windowUpdate, 0, 0, payload);
}
