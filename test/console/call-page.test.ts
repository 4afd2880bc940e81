import assert from "node:assert/strict";
import { describe, it, mock } from "node:test";
import { texts } from "../../console/src/text/language.ts";
import { importPage } from "./import-page.ts";

interface Page {
  view(context: object): unknown;
  close(): void;
}

const { CallPage } = await importPage<{
  CallPage: new (tools: object, call: string, query: Readonly<Record<string, string>>) => Page;
}>("pages/calls/call-page.ts");

/** The handlers of a template's buttons. */
function handlersOf(view: unknown): (() => void)[] {
  if (typeof view === "function") return [view as () => void];
  if (Array.isArray(view)) return view.flatMap(handlersOf);
  return typeof view === "object" && view !== null && "values" in view ? handlersOf(view.values) : [];
}

describe("the page of a call", () => {
  it("follows a call that still rings, also if its first question had no answer", async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    Object.assign(globalThis, { document: { visibilityState: "visible" } });
    const turn = async () => new Promise((resolve) => setImmediate(resolve));
    const answers = [undefined, true, true, false];
    const ask = async () => {
      const isOpen = answers.shift();
      if (isOpen === undefined) throw new Error("no answer");
      return { rings: [{ isOpen }] };
    };
    const page = new CallPage({ ask, onChange: () => undefined }, "1.1", {});
    await turn();
    const [retry] = handlersOf(page.view({ t: texts.en, language: "en", now: Date.now() }));
    retry?.();
    for (let nth = 0; nth < 4; nth += 1) {
      await turn();
      mock.timers.tick(2000);
    }
    await turn();
    assert.deepEqual(answers, []);
    page.close();
    mock.timers.reset();
  });
});
