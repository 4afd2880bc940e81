import { html, type TemplateResult } from "lit-html";

/** Outlines on a grid of 24 by 24. */
const outlines = {
  overview: "M4 20V11m5.5 9V4M15 20v-6m5 6V8",
  calls:
    "M5.2 3.6h3.1a1 1 0 0 1 1 .8l.7 3.4a1 1 0 0 1-.3.9L7.9 10.5a13 13 0 0 0 5.6 5.6l1.8-1.8a1 1 0 0 1 .9-.3l3.4.7a1 1 0 0 1 .8 1v3.1a1.6 1.6 0 0 1-1.7 1.6C10.3 19.8 4.2 13.7 3.6 5.3A1.6 1.6 0 0 1 5.2 3.6Z",
  phones: "M7 3h10v18H7zM11 18h2",
  lines: "M4 7h16M4 12h16M4 17h10",
  keys: "M14.5 9.5a4.5 4.5 0 1 1-3.2-3.2M11 12l9 9m-3-3l2-2",
  campaigns: "M4 10v4l11 5V5L4 10Zm0 4v4h3v-3M18.5 9.5a4 4 0 0 1 0 5",
  pushes: "M12 7v5l3.5 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
  doctor: "M3 12h4l3 7 4-14 3 7h4",
  audit: "M7 3h8l4 4v14H7zM14 3v5h5M10 13h6M10 17h6",
  warning: "M12 4l9 16H3L12 4ZM12 10v4.5M12 17.3h.01",
  good: "M4.5 12.5l5 5 10-11",
  search: "M16.5 16.5L21 21M18 10.5a7.5 7.5 0 1 1-15 0 7.5 7.5 0 0 1 15 0Z",
  plus: "M12 5v14M5 12h14",
} as const;

export type IconName = keyof typeof outlines;

/** An icon beside a text with the same meaning; hidden from screen readers. */
export function icon(name: IconName): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${outlines[name]}></path></svg>`;
}
