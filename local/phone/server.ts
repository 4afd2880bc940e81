import express, { type Express } from "express";
import type { SimulatedPbx } from "../pbx/simulated-pbx.ts";
import { answerError, refuseUnknown } from "./server/answer-error.ts";
import { createCallRoutes } from "./server/call-routes.ts";
import { createHistory, type History } from "./server/history.ts";
import { listen } from "./server/listen.ts";
import { createPageRoutes } from "./server/page-routes.ts";
import type { PhoneConfig } from "./wire.ts";

/** Where to listen, and what the page is about. */
export interface PhoneServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /**
   * Where the same is served for browsers, when `port` is one that they refuse to open: 5060 is SIP's, and on the list of
   * https://fetch.spec.whatwg.org/#port-blocking.
   */
  readonly browserPort?: number;
  readonly pbx: SimulatedPbx;
  readonly config: PhoneConfig;
  /** `host:port` of the Firestore that has the calls. */
  readonly firestoreHost: string;
}

/** The virtual phone's page and its API. */
export interface PhoneServer {
  /** What to open in a browser. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the virtual phone. Rejects when a port is taken or the page is not built. */
export async function startPhoneServer(options: PhoneServerOptions): Promise<PhoneServer> {
  const { host, port, browserPort } = options;
  const history = createHistory(options);
  try {
    const ports = browserPort === undefined ? [port] : [port, browserPort];
    const listening = await listen(buildApp(options, history), host, ports);
    return {
      url: `http://${host}:${listening.ports.at(-1)}`,
      close: async () => {
        await listening.close();
        await history.close();
      },
    };
  } catch (error) {
    await history.close();
    throw error;
  }
}

function buildApp({ config, pbx }: PhoneServerOptions, history: History): Express {
  const app = express().disable("x-powered-by").use(createPageRoutes());
  app.get("/api/config", (_request, response) => {
    response.json(config);
  });
  app.get("/api/history", (request, response, next) => {
    history.list(request.get("authorization")).then((calls) => response.json({ calls }), next);
  });
  return app.use("/api/calls", createCallRoutes(pbx)).use(refuseUnknown).use(answerError);
}
