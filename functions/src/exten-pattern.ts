/** A pattern of extens: `*` is a wildcard, and only at the end; `\*` is the star on the dial. */
export const extenPattern = /^(?!$)(?:[0-9+#]|\\\*){0,33}\*?$/;

/** Whether an exten matches a pattern: `070*` matches every exten that begins with 070, `\*97` the exten `*97` alone. */
export function matchesPattern(pattern: string, exten: string): boolean {
  const isPrefix = pattern.endsWith("*") && !pattern.endsWith("\\*");
  const written = (isPrefix ? pattern.slice(0, -1) : pattern).replaceAll("\\*", "*");
  return isPrefix ? exten.startsWith(written) : exten === written;
}
