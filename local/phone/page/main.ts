import { render } from "lit-html";
import { FocusKeeper } from "./focus-keeper.ts";
import { PageModel } from "./page-model.ts";
import { texts } from "./text/language.ts";
import { viewPage } from "./view/page-view.ts";

const root = document.querySelector<HTMLElement>("#root");
if (root === null) throw new Error("The page has no root");

const focus = new FocusKeeper(root);
let isDrawing = false;

/** Renders the page in a microtask, once for all changes until then. */
function requestDraw(): void {
  if (isDrawing) return;
  isDrawing = true;
  queueMicrotask(() => {
    isDrawing = false;
    draw();
  });
}

const model = new PageModel(requestDraw);

function draw(): void {
  if (root === null) return;
  const { language } = model.state;
  document.documentElement.lang = language;
  document.title = texts[language].page.title;
  focus.noteBefore();
  render(viewPage(model, Date.now()), root);
  focus.moveAfter();
}

root.replaceChildren();
draw();
// For clocks and durations.
setInterval(requestDraw, 1_000);
await model.start();
