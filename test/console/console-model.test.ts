import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { askAt, AskError } from "../../console/src/service/ask.ts";
import { importPage } from "./import-page.ts";

/** What the tests need of the model. */
interface Model {
  readonly state: {
    readonly isIn: boolean | undefined;
    readonly session: { readonly uid: string } | undefined;
    readonly page: object | undefined;
    readonly error: unknown;
    readonly hasExpired: boolean;
  };
  start(): Promise<void>;
  retry(): Promise<void>;
}

/** Hears of logins; answers with the login. */
type Connect = (config: object, onLogin: (isIn: boolean) => void) => object;

const { ConsoleModel } = await importPage<{ ConsoleModel: new (onChange: () => void, connect: Connect) => Model }>(
  "state/console-model.ts",
);

/** A request that the page has sent, and its answer. */
interface Asked {
  readonly action: string;
  readonly idToken: string | null;
  readonly answer: (status: number, body: unknown) => void;
}

let asked: Asked[] = [];
let isConfigured = true;
const listeners = new Set<() => void>();
const place = { hash: "#/audit" };
const real = { fetch: globalThis.fetch };

const turn = async () => new Promise((resolve) => setImmediate(resolve));
const session = (uid: string) => ({ result: { uid, project: "demo", timeZone: "UTC" } });
const refusal = (status: string) => ({ error: { status, message: status } });

/** A console whose users log in and out as the test says. */
async function open() {
  let user: string | undefined;
  let onLogin: (isIn: boolean) => void = () => undefined;
  const logOuts: string[] = [];
  const model = new ConsoleModel(
    () => undefined,
    (_, listener) => {
      onLogin = listener;
      return {
        logIn: async () => undefined,
        resetPassword: async () => undefined,
        logOut: async () => {
          logOuts.push(user ?? "");
          await become(undefined);
        },
        getIdToken: async () => user,
      };
    },
  );
  const become = async (next: string | undefined) => {
    user = next;
    onLogin(next !== undefined);
    await turn();
  };
  const answer = async (nth: number, status: number, body: unknown) => {
    asked.at(nth)?.answer(status, body);
    await turn();
  };
  await model.start();
  return { model, become, answer, logOuts };
}

describe("the console's page", () => {
  // In here: the tests of many files share a process.
  before(() => {
    Object.assign(globalThis, {
      location: place,
      addEventListener: (_: string, listener: () => void) => listeners.add(listener),
      fetch: async (url: string, { body = "", headers }: { body?: string; headers?: Headers } = {}) => {
        if (url.endsWith("init.json")) return new Response("{}", { status: isConfigured ? 200 : 503 });
        const { promise, resolve } = Promise.withResolvers<Response>();
        const answer = (status: number, content: unknown) => resolve(new Response(JSON.stringify(content), { status }));
        asked.push({ action: JSON.parse(body).data.do, idToken: headers?.get("authorization") ?? null, answer });
        return promise;
      },
    });
  });
  afterEach(() => {
    asked = [];
    isConfigured = true;
    listeners.clear();
  });
  after(() => Object.assign(globalThis, real));

  it("shows nothing of an operator whose session comes after the logout", async () => {
    const { model, become, answer } = await open();
    await become("olga");
    await become(undefined);
    await answer(0, 200, session("olga"));
    assert.deepEqual([model.state.isIn, model.state.session, model.state.page], [false, undefined, undefined]);
  });

  it("shows the operator who logged in last, whoever's session comes last", async () => {
    const { model, become, answer } = await open();
    await become("olga");
    await become(undefined);
    await become("oscar");
    await answer(1, 200, session("oscar"));
    await answer(0, 200, session("olga"));
    assert.equal(model.state.session?.uid, "oscar");
  });

  it("does not end a login because an earlier one has ended", async () => {
    const { model, become, answer, logOuts } = await open();
    await become("olga");
    await become(undefined);
    await become("oscar");
    await answer(1, 200, session("oscar"));
    await answer(0, 401, refusal("UNAUTHENTICATED"));
    assert.deepEqual([logOuts, model.state.session?.uid, model.state.hasExpired], [[], "oscar", false]);
  });

  it("shows nothing any more once the right is taken, whatever asked", async () => {
    const { model, become, answer } = await open();
    await become("olga");
    await answer(0, 200, session("olga"));
    assert.deepEqual([asked[1]?.action, model.state.page !== undefined], ["audit", true]);
    await answer(1, 403, refusal("PERMISSION_DENIED"));
    assert.deepEqual([model.state.session, model.state.page], [undefined, undefined]);
    assert.ok(model.state.error instanceof AskError && model.state.error.code === "permission-denied");
  });

  it("ends the login when it was too long ago", async () => {
    const { model, become, answer, logOuts } = await open();
    await become("olga");
    await answer(0, 200, session("olga"));
    await answer(1, 401, refusal("UNAUTHENTICATED"));
    assert.deepEqual([logOuts, model.state.hasExpired, model.state.page], [["olga"], true, undefined]);
  });

  it("opens a place once, however often it had to start", async () => {
    isConfigured = false;
    const { model, become, answer } = await open();
    await model.retry();
    isConfigured = true;
    await model.retry();
    await become("olga");
    await answer(0, 200, session("olga"));
    place.hash = "#/lines";
    for (const listener of listeners) listener();
    place.hash = "#/audit";
    await turn();
    assert.deepEqual(
      asked.map(({ action }) => action),
      ["session", "audit", "lines"],
    );
  });

  it("takes no proxy's page for an answer of the service", async () => {
    const ask = askAt("/api/console", async () => undefined);
    for (const body of [undefined, "<html>", {}, []]) {
      const answered = ask("session", {});
      await turn();
      asked.at(-1)?.answer(200, body);
      await assert.rejects(answered, (error: unknown) => error instanceof AskError && error.code === "no-answer");
    }
  });
});
