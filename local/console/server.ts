import { existsSync } from "node:fs";
import { join } from "node:path";
import express, { type Express } from "express";
import { consolePath } from "../../functions/src/console/wire.ts";
import { answerError, refuseUnknown } from "../phone/server/answer-error.ts";
import { listen } from "../phone/server/listen.ts";
import { refuseForeignPages } from "../phone/server/refuse-foreign-pages.ts";
import { builtFolder } from "./build.ts";
import { setHostingHeaders } from "./headers.ts";
import { passOn } from "./pass-on.ts";

/** Where to listen, and what the console asks. */
export interface ConsoleServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly projectId: string;
  /** Base URL of the functions. */
  readonly functionsUrl: string;
  readonly authUrl: string;
  /** The operator that the login page fills in. */
  readonly operator: { readonly email: string; readonly password: string };
}

/** The operators' console, served as Firebase Hosting does. */
export interface ConsoleServer {
  /** Address for a browser. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the console. Rejects if the port is taken or the console is not built. */
export async function startConsoleServer(options: ConsoleServerOptions): Promise<ConsoleServer> {
  const { host, port } = options;
  if (!existsSync(join(builtFolder, "index.html")))
    throw new Error("The console is not built; buildConsole() does that");
  const listening = await listen(buildApp(options), host, [port]);
  return { url: `http://${host}:${listening.ports[0]}`, close: () => listening.close() };
}

/** Requests for Firebase Auth come here too: the page's Content Security Policy allows Google's servers and its own. */
const authPaths = ["/identitytoolkit.googleapis.com", "/securetoken.googleapis.com"];

function buildApp({ host, projectId, functionsUrl, authUrl, operator }: ConsoleServerOptions): Express {
  const app = express().disable("x-powered-by").use(refuseForeignPages(host), setHostingHeaders);
  // What Firebase Hosting makes of the project's settings, and what only the local stack has.
  app.get("/__/firebase/init.json", (_request, response) => {
    response.json({ projectId, apiKey: "demo", authDomain: host, local: { operator } });
  });
  app.post(
    consolePath,
    passOn(() => `${functionsUrl}/console`),
  );
  app.use(
    authPaths,
    passOn((url) => `${authUrl}${url}`),
  );
  return app.use(express.static(builtFolder)).use(refuseUnknown).use(answerError);
}
