import type { Socket } from "node:net";

/** How long a client has to read its answer. */
const graceMs = 1000;

/**
 * Makes Node close a connection without reading on, and not before its client could read the answer. Node itself reads and
 * discards what arrives, and closes as soon as the answer is written: bytes that are unread then reset the connection,
 * and a client that is still sending loses the answer.
 */
export function closeGently(socket: Socket): void {
  socket.pause();
  // Node resumes it, to discard the rest of the body.
  socket.on("resume", () => socket.pause());
  socket.destroySoon = () => {
    socket.end();
    setTimeout(() => socket.destroy(), graceMs).unref();
  };
}
