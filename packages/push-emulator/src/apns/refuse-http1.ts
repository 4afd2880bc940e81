/**
 * What a client of HTTP/1.1 gets from APNs, whose servers speak HTTP/2 only: a GOAWAY frame with a text for people.
 * https://www.rfc-editor.org/rfc/rfc9113#name-goaway
 */
const GOAWAY = 7;
const PROTOCOL_ERROR = 1;
const FRAME_HEADER_BYTES = 9;
const LENGTH_BYTES = 3;
/** The last stream's number, which is 0, and the error code. */
const FIXED_BYTES = 8;
/** As many of the client's bytes as HTTP/2's preface has. */
const SHOWN_BYTES = 24;

/** The bytes for a client that began with `start`. */
export function refuseHttp1(start: Buffer): Buffer {
  const shown = start.subarray(0, SHOWN_BYTES).toString("hex");
  const text = Buffer.from(`HTTP/2 client preface string missing or corrupt. Hex dump for received bytes: ${shown}`);
  const head = Buffer.alloc(FRAME_HEADER_BYTES + FIXED_BYTES);
  head.writeUIntBE(FIXED_BYTES + text.length, 0, LENGTH_BYTES);
  head.writeUInt8(GOAWAY, LENGTH_BYTES);
  head.writeUInt32BE(PROTOCOL_ERROR, FRAME_HEADER_BYTES + 4);
  return Buffer.concat([head, text]);
}
