import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { describe, it } from "node:test";
import { findAnchors, findCode, findLinks, removeCode, splitSections } from "./markdown.ts";

const root = join(import.meta.dirname, "../..");
const operatorPages = ["README.md", "docs/operating.md", "docs/runbook.md", "docs/deploy.md", "asterisk/INSTALL.md"];
const koreanPages = await Array.fromAsync(glob(["*.ko.md", "{asterisk,docs,packages}/**/*.ko.md"], { cwd: root }));

const read = (path: string) => readFileSync(join(root, path), "utf8");
const count = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length;

/** `deploy.md` to `deploy.ko.md`, `page.png` to `page.ko.png`. */
const toKorean = (path: string) => path.replace(/\.(\w+)$/, ".ko.$1");

/** The Korean page's form of an English page's link: the Korean target where there is one, and the same heading. */
function translateLink(page: string, link: string): string {
  if (/^[a-z]+:/.test(link)) return link;
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : join(dirname(page), path);
  if (target === toKorean(page)) return basename(page);
  const translated = existsSync(join(root, toKorean(target))) ? toKorean(target) : target;
  const koreanPath = path === "" ? "" : relative(dirname(page), translated);
  if (anchor === undefined) return koreanPath;
  const heading = findAnchors(read(target)).indexOf(anchor);
  return `${koreanPath}#${findAnchors(read(translated))[heading]}`;
}

/** What does not change in a translation, section by section. */
function findConstants(markdown: string, translate = (link: string) => link) {
  return splitSections(markdown).map((section) => {
    const text = removeCode(section);
    const names = [...text.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name.replaceAll(/\s+/g, " "));
    return {
      heading: /^#+/.exec(text)?.[0],
      code: findCode(section),
      tableRows: count(text, /^ *\|/gm),
      listItems: count(text, /^ *(?:-|\d+\.) /gm),
      links: findLinks(text).map(translate).toSorted(),
      names: [...new Set(names)].toSorted(),
    };
  });
}

describe("the Korean pages", () => {
  it("are there for everything that operators read", () => {
    for (const page of operatorPages) assert.ok(koreanPages.includes(toKorean(page)), page);
  });

  for (const korean of koreanPages) {
    it(`have the headings, code, tables, lists, links and names of the English page: ${korean}`, () => {
      const page = korean.replace(".ko.md", ".md");
      const english = read(page);
      assert.deepEqual(
        findConstants(read(korean)),
        findConstants(english, (link) => translateLink(page, link)),
      );
    });

    it(`link to their English page at the top, and back: ${korean}`, () => {
      const page = korean.replace(".ko.md", ".md");
      assert.equal(read(page).split("\n")[2], `[한국어](${basename(korean)})`);
      assert.equal(read(korean).split("\n")[2], `[English](${basename(page)})`);
    });
  }
});
