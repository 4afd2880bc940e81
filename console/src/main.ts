import { render } from "lit-html";
import { ConsoleModel } from "./state/console-model.ts";
import { texts } from "./text/language.ts";
import { viewConsole } from "./view/console-view.ts";

const root = document.querySelector<HTMLElement>("#root");
if (root === null) throw new Error("The page has no root");

/** For how long ago something was. */
const redrawMs = 30_000;
let isDrawing = false;
let shownPage: unknown;

/** Renders the page in a microtask, once for all changes until then. */
function requestDraw(): void {
  if (isDrawing) return;
  isDrawing = true;
  queueMicrotask(() => {
    isDrawing = false;
    draw();
  });
}

const model = new ConsoleModel(requestDraw);

function draw(): void {
  if (root === null) return;
  const { language, page } = model.state;
  const t = texts[language];
  document.documentElement.lang = language;
  document.title = page === undefined ? t.title : `${page.title(t)} – ${t.title}`;
  render(viewConsole(model, Date.now()), root);
  if (page !== undefined && page !== shownPage) moveFocus(shownPage !== undefined);
  shownPage = page;
}

/** A screen reader hears of the new page; after a login, the focus is at its heading as well. */
function moveFocus(hasMoved: boolean): void {
  if (hasMoved) scrollTo(0, 0);
  root?.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
}

root.replaceChildren();
draw();
setInterval(requestDraw, redrawMs);
await model.start();
