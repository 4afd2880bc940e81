/** Whether an exten matches a pattern: `070*` matches every exten that begins with 070. */
export function matchesPattern(pattern: string, exten: string): boolean {
  const [head = "", ...rest] = pattern.split("*");
  const tail = rest.pop();
  if (tail === undefined) return exten === head;
  if (!exten.startsWith(head) || !exten.endsWith(tail)) return false;
  let at = head.length;
  // Not a regular expression: many stars would make it backtrack for too long.
  for (const part of rest) {
    const found = exten.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= exten.length - tail.length;
}
