import express, { type Express } from "express";
import type { SimulatedPbx } from "../pbx/simulated-pbx.ts";
import { answerError, refuseUnknown } from "./server/answer-error.ts";
import { createCallRoutes } from "./server/call-routes.ts";
import { createHistory, type History } from "./server/history.ts";
import { listen } from "./server/listen.ts";
import { createPageRoutes } from "./server/page-routes.ts";
import { parseToken } from "./server/parse-token.ts";
import { refuseForeignPages } from "./server/refuse-foreign-pages.ts";
import type { PhoneConfig } from "./wire.ts";

/** Where to listen, and what the page shows. */
export interface PhoneServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /**
   * A second port for browsers, if they refuse to open `port`: 5060 is SIP's, and blocked by
   * https://fetch.spec.whatwg.org/#port-blocking.
   */
  readonly browserPort?: number;
  readonly pbx: SimulatedPbx;
  readonly config: PhoneConfig;
  /** `host:port` of the Firestore with the calls. */
  readonly firestoreHost: string;
}

/** The virtual phone's page and its API. */
export interface PhoneServer {
  /** Address for a browser. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the virtual phone. Rejects if a port is taken or the page is not built. */
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

function buildApp({ host, config, pbx }: PhoneServerOptions, history: History): Express {
  let { demoPhone } = config;
  const app = express().disable("x-powered-by").use(refuseForeignPages(host), createPageRoutes());
  app.get("/api/config", (_request, response) => {
    response.json({ ...config, demoPhone });
  });
  app.put("/api/demo-phone", express.json(), ({ body }, response) => {
    demoPhone = { ...demoPhone, token: parseToken(body) };
    response.status(204).end();
  });
  app.get("/api/history", (request, response, next) => {
    history.list(request.get("authorization")).then((calls) => response.json({ calls }), next);
  });
  return app.use("/api/calls", createCallRoutes(pbx)).use(refuseUnknown).use(answerError);
}
