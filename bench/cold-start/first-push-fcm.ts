import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { createCertificate } from "../../harness/certificate.ts";
import { Session } from "../lean-fcm/session.ts";

/** An FCM over TLS and HTTP/2 that accepts everything. It runs in this process, to use the same clock. */
export interface FirstPushFcm {
  readonly port: number;
  /** PEM of the authority to trust. */
  readonly ca: string;
  /** Resolves with the time when the next push is accepted, by `performance.now()`. */
  readonly nextPush: () => Promise<number>;
  close(): void;
}

/** Starts it on a free port. */
export async function startFirstPushFcm(): Promise<FirstPushFcm> {
  const { key, cert } = await createCertificate();
  let next = Promise.withResolvers<number>();
  const server = createServer({ key, cert, ALPNProtocols: ["h2"], noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    const session = new Session(socket, (streams) => {
      session.accept(streams);
      next.resolve(performance.now());
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server that listens
  const { port } = server.address() as AddressInfo;
  return {
    port,
    ca: cert,
    nextPush: async () => {
      next = Promise.withResolvers();
      return next.promise;
    },
    close: () => void server.close(),
  };
}
