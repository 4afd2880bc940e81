import { createServer as createHttpServer, type ServerResponse } from "node:http";
import { createServer } from "node:tls";
import { readInput, report } from "../children/child.ts";
import type { LeanFcmInput } from "./lean-fcm.ts";
import { Session } from "./session.ts";

const { delayMs, key, cert } = readInput<LeanFcmInput>();

// For firebase-admin's `send`, which speaks HTTP/1.1.
const http = createHttpServer((request, response) => {
  request.resume().once("end", () => {
    if (delayMs === 0) accept(response);
    else setTimeout(() => accept(response), delayMs);
  });
});

function accept(response: ServerResponse): void {
  response.setHeader("content-type", "application/json").end('{"name":"projects/demo/messages/0:1"}');
}

const server = createServer({ key, cert, ALPNProtocols: ["h2", "http/1.1"], noDelay: true }, (socket) => {
  socket.on("error", () => socket.destroy());
  if (socket.alpnProtocol !== "h2") {
    http.emit("connection", socket);
    return;
  }
  const session = new Session(socket, (streams) => {
    if (delayMs === 0) session.accept(streams);
    else setTimeout(() => session.accept(streams), delayMs);
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") report({ port: address.port });
});
