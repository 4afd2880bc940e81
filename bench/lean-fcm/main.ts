import { createServer } from "node:tls";
import { readInput, report } from "../children/child.ts";
import type { LeanFcmInput } from "./lean-fcm.ts";
import { Session } from "./session.ts";

const { delayMs, key, cert } = readInput<LeanFcmInput>();

const server = createServer({ key, cert, ALPNProtocols: ["h2"], noDelay: true }, (socket) => {
  socket.on("error", () => socket.destroy());
  const session = new Session(socket, (streams) => {
    if (delayMs === 0) session.accept(streams);
    else setTimeout(() => session.accept(streams), delayMs);
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") report({ port: address.port });
});
