import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { glob, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { allSettings } from "../../functions/src/config.ts";
import { routes } from "../../functions/src/pbx/all-routes.ts";
import { buildOpenApi } from "../../functions/src/pbx/openapi.ts";
import { buildReference } from "../../docs/reference/build-reference.ts";
import { buildSettings } from "../../docs/reference/build-settings.ts";
import { buildVerdicts } from "../../docs/reference/build-verdicts.ts";
import { findAnchors, findLinks } from "./markdown.ts";

const root = join(import.meta.dirname, "../..");

const read = async (path: string) => readFile(join(root, path), "utf8");

/** Markdown without the spacing that the formatter adds to tables and JSON. */
const unpad = (markdown: string) =>
  markdown
    .replaceAll(/(?<=^```json\n)[^]*?(?=^```)/gm, (json) => `${JSON.stringify(JSON.parse(json))}\n`)
    .replaceAll(/ +/g, " ")
    .replaceAll(/-{3,}/g, "---")
    .trim();

/** Names the first line that differs: a whole page hides it. */
function assertSamePage(page: string, written: string, generated: string): void {
  const [lines, expected] = [written, generated].map((text) => unpad(text).split("\n")) as [string[], string[]];
  const differing = expected.findIndex((line, nth) => line !== lines[nth]);
  const isSame = differing < 0 && lines.length === expected.length;
  assert.ok(
    isSame,
    `${page} is out of date: run npm run docs. First line that differs: ${expected[differing] ?? "the last"}`,
  );
}

describe("the documents", () => {
  it("contain the reference that `npm run docs` makes of the schemas", async () => {
    assertSamePage("docs/api.md", await read("docs/api.md"), buildReference(buildOpenApi(routes, "my-project")));
  });

  it("list every route of the API in both READMEs", async () => {
    const paths = Object.keys((buildOpenApi(routes, "my-project") as { readonly paths: object }).paths);
    for (const page of ["README.md", "README.ko.md"]) {
      const text = await read(page);
      for (const path of paths) assert.ok(text.includes(` ${path}\``), `${page} does not name ${path}`);
    }
  });

  it("contain the settings that `npm run docs` makes of the table in config.ts", async () => {
    assertSamePage("docs/settings.md", await read("docs/settings.md"), buildSettings(allSettings));
  });

  it("contain the causes that `npm run docs` makes of the tables of the verdict", async () => {
    assertSamePage("docs/verdicts.md", await read("docs/verdicts.md"), buildVerdicts());
  });

  it("name tests and files that exist", async () => {
    for (const page of ["docs/platform.md", "docs/architecture.md", "CONTRIBUTING.md"]) {
      const named = [...(await read(page)).matchAll(/`((?:test|functions|packages|admin|local|harness)\/[\w./-]*)`/g)];
      assert.ok(named.length > 4, page);
      for (const [, path = ""] of named) assert.ok(existsSync(join(root, path)), `${page}: ${path}`);
    }
  });

  it("are all in the index", async () => {
    const index = await read("docs/README.md");
    const pages = await Array.fromAsync(glob("*.md", { cwd: join(root, "docs") }));
    for (const page of pages) if (page !== "README.md") assert.ok(index.includes(`](${page})`), page);
  });

  it("link only to pages and anchors that exist", async () => {
    const pages = await Array.fromAsync(glob(["*.md", "docs/**/*.md", "asterisk/*.md"], { cwd: root }));
    assert.ok(pages.length >= 4);
    for (const page of pages) {
      for (const link of findLinks(await read(page))) {
        if (/^[a-z]+:/.test(link)) continue;
        const [path = "", anchor] = link.split("#");
        const target = path === "" ? page : join(dirname(page), path);
        assert.ok(existsSync(join(root, target)), `${page}: ${link}`);
        if (anchor !== undefined) assert.ok(findAnchors(await read(target)).includes(anchor), `${page}: ${link}`);
      }
    }
  });
});
