import { html, type TemplateResult } from "lit-html";

/** Outlines on a grid of 24 by 24. */
const outlines = {
  handset:
    "M5.2 3.6h3.1a1 1 0 0 1 1 .8l.7 3.4a1 1 0 0 1-.3.9L7.9 10.5a13 13 0 0 0 5.6 5.6l1.8-1.8a1 1 0 0 1 .9-.3l3.4.7a1 1 0 0 1 .8 1v3.1a1.6 1.6 0 0 1-1.7 1.6C10.3 19.8 4.2 13.7 3.6 5.3A1.6 1.6 0 0 1 5.2 3.6Z",
  moon: "M20 14.2A8.2 8.2 0 0 1 9.8 4a8.2 8.2 0 1 0 10.2 10.2Z",
  noNetwork:
    "M4 4l16 16M8.5 15.5a5 5 0 0 1 7 0M5 12a10 10 0 0 1 4.2-2.5M14.5 9.3A10 10 0 0 1 19 12M2 8.8A14 14 0 0 1 6.3 6M11 5.1a14 14 0 0 1 11 3.7M12 19.2h.01",
  bell: "M6 16.5V11a6 6 0 1 1 12 0v5.5l1.5 1.5h-15L6 16.5ZM10 20.5a2.2 2.2 0 0 0 4 0",
  bellOff: "M4 4l16 16M7 7.7A6 6 0 0 0 6 11v5.5L4.5 18H17M9.2 5.7A6 6 0 0 1 18 11v4M10 20.5a2.2 2.2 0 0 0 4 0",
  plus: "M12 5v14M5 12h14",
  cross: "M6 6l12 12M18 6L6 18",
  install: "M12 4v10m0 0l-4-4m4 4l4-4M5 19h14",
  socket: "M7 8l-4 4 4 4M17 8l4 4-4 4M13.5 6l-3 12",
  wifi: "M2.5 9a14 14 0 0 1 19 0M6 12.8a9 9 0 0 1 12 0M9.4 16.4a4 4 0 0 1 5.2 0M12 19.6h.01",
  battery: "M3 8h15v8H3zM21 11v2M5.5 10.5h8v3h-8z",
  lock: "M6.5 11h11v9h-11zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  unlock: "M6.5 11h11v9h-11zM8.5 11V8a3.5 3.5 0 0 1 6.8-1.2",
  warning: "M12 4l9 16H3L12 4ZM12 10v4.5M12 17.3h.01",
} as const;

/** An icon beside a text with the same meaning; hidden from screen readers. */
export function icon(name: keyof typeof outlines, kind: "line" | "solid" = "line"): TemplateResult {
  return html`<svg class="icon ${kind}" viewBox="0 0 24 24" aria-hidden="true"><path d=${outlines[name]}></path></svg>`;
}
