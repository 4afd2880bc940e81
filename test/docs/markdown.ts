const codeBlock = /^ *```(\w*)\n(.*?)^ *```$/gms;

/** What begins a comment in a code block's language. A block without a language is a drawing or an output. */
const commentMarks: Readonly<Record<string, string>> = { "": "#", sh: "#", ini: ";", ts: "//" };

/** The parts of a page: the text before the first heading, then each heading with its text. */
export function splitSections(markdown: string): readonly string[] {
  const sections: string[][] = [[]];
  let isCode = false;
  for (const line of markdown.split("\n")) {
    if (/^ *```/.test(line)) isCode = !isCode;
    if (!isCode && /^#+ /.test(line)) sections.push([]);
    sections.at(-1)?.push(line);
  }
  return sections.map((lines) => lines.join("\n"));
}

/** The code blocks of a page, without comments. */
export function findCode(markdown: string): readonly string[] {
  return [...markdown.matchAll(codeBlock)].map(([, language = "", code = ""]) => {
    const mark = commentMarks[language];
    return mark === undefined ? code : code.replaceAll(new RegExp(`(^|\\s+)${mark} .*$`, "gm"), "");
  });
}

/** A page without its code blocks. */
export function removeCode(markdown: string): string {
  return markdown.replaceAll(codeBlock, "");
}

/** The anchors that GitHub gives a page's headings, in the order of the headings. */
export function findAnchors(markdown: string): readonly string[] {
  return [...removeCode(markdown).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** The targets of a page's links and images. */
export function findLinks(markdown: string): readonly string[] {
  return [...markdown.matchAll(/\]\(([^)\s]+)\)|<img[^>]* src="([^"]+)"/g)].map(
    ([, link, image]) => link ?? image ?? "",
  );
}
