import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { findLinks, splitSections } from "./markdown.ts";

const docs = join(import.meta.dirname, "../../docs");
const page = readFileSync(join(docs, "security.md"), "utf8");

/** The headings of the sections without claims. */
const withoutClaims = new Set(["Security", "Assets", "What this does not protect against", "What was tried"]);

/** What a claim is not: advice, what the service does not do, and a text that begins with the page that it points to. */
const noClaim = /^(?:Advice: |Not prevented: |\[)/;

interface Block {
  readonly heading: string;
  readonly text: string;
}

/** The bullets and paragraphs of the page, by section. The bullets below a table speak for its rows. */
const blocks = splitSections(page).flatMap((section): readonly Block[] => {
  const [, heading = "", body = ""] = /^#+ ([^\n]*)\n(.*)/s.exec(section) ?? [];
  const texts = body.split(/\n\s*\n|\n(?=- )/).map((text) => text.trim().replace(/^- /, ""));
  return texts.filter((text) => text !== "" && !text.startsWith("|")).map((text) => ({ heading, text }));
});

describe("docs/security.md", () => {
  it("has a test for each claim", () => {
    const claims = blocks.filter(({ heading, text }) => !withoutClaims.has(heading) && !noClaim.test(text));
    assert.ok(claims.length > 30, `${claims.length} claims`);
    const bare = claims.filter(({ text }) => !findLinks(text).some(isTest));
    assert.deepEqual(bare, [], "add a link to a test, or begin with Advice: or Not prevented:");
  });

  it("links to tests by one form", () => {
    const linked = page.match(/(?<=\(|,\s+)\[test\]\(\.\.\/test\/[^)]+\)(?=[,)])/g) ?? [];
    assert.equal(linked.length, findLinks(page).filter((link) => link.includes("/test/")).length);
  });
});

/** Whether a link leads to a test file that exists. */
function isTest(link: string): boolean {
  return /\.(?:test|suite)\.ts$/.test(link) && existsSync(join(docs, link));
}
