import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import express, { Router } from "express";
import { builtFolder } from "../build.ts";

const publicFolder = fileURLToPath(new URL("../page/public/", import.meta.url));
const designFolder = fileURLToPath(new URL("../../../packages/push-emulator/src/page/design/", import.meta.url));
const litFolder = fileURLToPath(new URL("../../../node_modules/lit-html/", import.meta.url));

/** The page's files: its own, its compiled modules and lit-html's. Throws if the modules are not built. */
export function createPageRoutes(): Router {
  if (!existsSync(join(builtFolder, "local/phone/page/main.js"))) {
    throw new Error("The phone page is not built; buildPhonePage() does that");
  }
  const headers = buildHeaders();
  return Router()
    .use((_request, response, next) => {
      response.set(headers);
      next();
    })
    .use(express.static(publicFolder))
    .use("/design", express.static(designFolder))
    .use("/modules", express.static(builtFolder))
    .use("/lit-html", express.static(litFolder));
}

/** Callers' names are untrusted, so the page may run only its own files; it may connect to the stack and to any PBX. */
function buildHeaders(): Record<string, string> {
  const html = readFileSync(join(publicFolder, "index.html"), "utf8");
  const importMap = /<script type="importmap">([^]*?)<\/script>/.exec(html)?.[1] ?? "";
  const importMapHash = createHash("sha256").update(importMap).digest("base64");
  return {
    "content-security-policy": [
      "default-src 'none'",
      `script-src 'self' 'sha256-${importMapHash}'`,
      "style-src 'self'",
      "img-src 'self'",
      "connect-src 'self' http: ws: wss:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    // A restarted stack may be another version.
    "cache-control": "no-store",
  };
}
