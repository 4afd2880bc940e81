import { readFile } from "node:fs/promises";

import type { Route } from "./router.ts";

const SCRIPTS = [
  "inbox.js",
  "api.js",
  "elements.js",
  "fault-form.js",
  "language.js",
  "message-card.js",
  "phone-list.js",
  "text/en.js",
  "text/ko.js",
];

const STYLES = ["design/tokens.css", "design/base.css", "design/controls.css", "design/content.css", "inbox.css"];

const FILES = [
  { path: "/", file: "index.html", type: "text/html; charset=UTF-8" },
  ...STYLES.map((file) => ({ path: `/${file}`, file, type: "text/css; charset=UTF-8" })),
  ...SCRIPTS.map((file) => ({ path: `/${file}`, file, type: "text/javascript; charset=UTF-8" })),
];

/** Message content is untrusted, so the page may run its own files only. */
const SECURITY_HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

/** The routes of the inbox page. */
export function createPageRoutes(): Route[] {
  return FILES.map(({ path, file, type }) => ({
    method: "GET",
    path,
    run: async () => ({
      status: 200,
      headers: { ...SECURITY_HEADERS, "content-type": type },
      body: await readFile(new URL(`./page/${file}`, import.meta.url)),
    }),
  }));
}
