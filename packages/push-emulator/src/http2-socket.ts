/**
 * Two things of HTTP/2 that Node's server cannot do are done to the bytes of its connections.
 *
 * Firebase-admin sends `:scheme: https:`, with the colon of `url.protocol`. Google's servers accept it; Node answers a
 * protocol error before our code sees the request. So the header is corrected as it arrives.
 *
 * APNs announces one stream to a sender that it does not know yet, and still serves those that the sender opened before it
 * could read that. Node refuses all but the first. So its limit is higher, and its first SETTINGS are changed as they leave.
 * https://www.rfc-editor.org/rfc/rfc9113#name-frame-format, https://www.rfc-editor.org/rfc/rfc7541#section-6.2.1
 */
import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/**
 * `:scheme: https:` as Node's HTTP/2 client encodes it, and `:scheme: https` without Huffman coding, in the same number
 * of bytes.
 */
const WRONG = Buffer.from([0x46, 0x85, 0x9d, 0x29, 0xad, 0x17, 0x3f]);
const RIGHT = Buffer.from([0x46, 0x05, ...Buffer.from("https")]);

const PREFACE_BYTES = 24;
const FRAME_HEADER_BYTES = 9;
/** A longer frame violates the server's settings, and the server itself reports that. */
const MAX_FRAME_BYTES = 16_384;
const SETTINGS_ENTRY_BYTES = 6;
const SETTINGS_MAX_CONCURRENT_STREAMS = 3;
const HEADERS = 1;
const CONTINUATION = 9;

/** An HTTP/2 connection with these changes. Lengths do not change, so nothing else must. */
export class Http2Socket extends Duplex {
  readonly #socket: Socket;
  /** The number of streams to announce; undefined once that is done, or if it is Node's own. */
  #announcedStreams: number | undefined;
  /** The start of an incomplete frame. */
  #held: Buffer = Buffer.alloc(0);
  /** Remaining bytes of the preface, or of a frame that passes unchanged. */
  #passing = PREFACE_BYTES;

  constructor(socket: Socket, announcedStreams?: number) {
    super();
    this.#socket = socket;
    this.#announcedStreams = announcedStreams;
    socket.on("data", (chunk: Buffer) => {
      const ready = this.#fix(chunk);
      if (ready.length > 0 && !this.push(ready)) socket.pause();
    });
    socket.once("end", () => this.push(null));
    socket.once("close", () => this.destroy());
    socket.on("error", () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.write(this.#announce(chunk), done);
  }

  override _writev(chunks: { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#socket.write(this.#announce(Buffer.concat(chunks.map(({ chunk }) => chunk))), done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  /** Changes the number of streams in the server's first frame, its SETTINGS. */
  #announce(chunk: Buffer): Buffer {
    const streams = this.#announcedStreams;
    if (streams === undefined) return chunk;
    this.#announcedStreams = undefined;
    const bytes = Buffer.from(chunk);
    const end = FRAME_HEADER_BYTES + bytes.readUIntBE(0, 3);
    for (let at = FRAME_HEADER_BYTES; at < end; at += SETTINGS_ENTRY_BYTES) {
      if (bytes.readUInt16BE(at) === SETTINGS_MAX_CONCURRENT_STREAMS) bytes.writeUInt32BE(streams, at + 2);
    }
    return bytes;
  }

  /** Returns the complete frames, with the scheme corrected, and keeps the rest. */
  #fix(chunk: Buffer): Buffer {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    let at = 0;
    for (;;) {
      const passed = Math.min(this.#passing, bytes.length - at);
      this.#passing -= passed;
      at += passed;
      if (bytes.length - at < FRAME_HEADER_BYTES) break;
      const length = bytes.readUIntBE(at, 3);
      const type = bytes[at + 3];
      const end = at + FRAME_HEADER_BYTES + length;
      if ((type === HEADERS || type === CONTINUATION) && length <= MAX_FRAME_BYTES) {
        if (bytes.length < end) break;
        const found = bytes.subarray(at, end).indexOf(WRONG);
        if (found !== -1) RIGHT.copy(bytes, at + found);
      }
      this.#passing = end - at;
    }
    this.#held = bytes.subarray(at);
    return bytes.subarray(0, at);
  }
}
