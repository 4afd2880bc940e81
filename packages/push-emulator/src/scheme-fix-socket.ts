/**
 * firebase-admin sends `:scheme: https:`, with the colon of `url.protocol`. Google's servers accept it; Node's HTTP/2
 * server answers a protocol error before our code sees the request. So this socket corrects the header as it arrives.
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
const HEADERS = 1;
const CONTINUATION = 9;

/** An HTTP/2 connection whose requests have a scheme that Node accepts. Lengths do not change, so nothing else must. */
export class SchemeFixSocket extends Duplex {
  readonly #socket: Socket;
  /** The start of an incomplete frame. */
  #held: Buffer = Buffer.alloc(0);
  /** Remaining bytes of the preface, or of a frame that passes unchanged. */
  #passing = PREFACE_BYTES;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
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
    this.#socket.write(chunk, done);
  }

  override _writev(chunks: { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
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
