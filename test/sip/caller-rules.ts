/**
 * The caller that phones show, by the rules of asterisk/INSTALL.md, "Callers": a second implementation, to check the
 * dialplan and the AGI script against.
 */

/** How many bytes of a name chan_pjsip keeps, and how many the pack reads from the header. */
const keptBytes = 79;
const headerBytes = 240;

/**
 * The text of a name, from the bytes between the quotes of its header. The pack reads what chan_pjsip keeps if that header is
 * UTF-8, else the header.
 */
export function readName(quoted: Buffer): string {
  const inHeader = unquote(quoted.subarray(0, headerBytes));
  const isText = decodeUtf8(inHeader) !== undefined;
  const text = isText ? (decodeUtf8(unquote(quoted.subarray(0, keptBytes))) ?? "") : decodeCp949(inHeader);
  return /^(?:anonymous|unknown)$/i.test(text) || text.includes("\uFFFD") ? "" : text;
}

/** The bytes without the backslashes of a quoted string and without control bytes. */
function unquote(quoted: Buffer): Buffer {
  const unquoted = quoted.toString("latin1").replaceAll(/\\(["\\])/g, "$1");
  return Buffer.from(Buffer.from(unquoted, "latin1").filter((byte) => byte >= 0x20 && byte !== 0x7f));
}

/** The digits of a caller's number; empty if it is no number. */
export function readNumber(user: string): string {
  const bare = user.split(";", 1)[0]!.replaceAll(/[-. ()/]/g, "");
  return /^[0-9+]*$/.test(bare) ? bare.slice(0, 64) : "";
}

/** UTF-8, even with its last character cut off: what follows the longest valid beginning. */
function decodeUtf8(bytes: Buffer): string | undefined {
  for (const missing of [0, 1, 2, 3]) {
    const [whole, cut] = [bytes.subarray(0, bytes.length - missing), bytes.subarray(bytes.length - missing)];
    const text = decodeWhole(whole);
    if (text !== undefined) return beginsCharacter(cut) && !whole.includes(0xf4) ? text : undefined;
  }
  return undefined;
}

function decodeWhole(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Whether bytes are none, or the first byte of a character in UTF-8 and others of it. */
function beginsCharacter(bytes: Buffer): boolean {
  const first = bytes.at(0);
  if (first === undefined) return true;
  return first >= 0xc2 && first < 0xf4 && bytes.subarray(1).every((byte) => byte >= 0x80 && byte < 0xc0);
}

/** The valid CP949 at the beginning; if there is none, the ASCII characters. */
function decodeCp949(bytes: Buffer): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const length = bytes[at]! < 0x80 ? 1 : 2;
    const character = at + length > bytes.length ? undefined : decodeOne(bytes.subarray(at, at + length));
    if (character === undefined) break;
    text += character;
    at += length;
  }
  return text === "" ? bytes.filter((byte) => byte < 0x80).toString() : text;
}

function decodeOne(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("euc-kr", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** A name in CP949, which must have all of its characters. */
export function encodeCp949(name: string): Buffer {
  return Buffer.concat(Array.from(name, (character) => cp949.get(character)!));
}

const cp949 = new Map<string, Buffer>();
for (let code = 0x20; code < 0x7f; code += 1) cp949.set(String.fromCharCode(code), Buffer.from([code]));
for (let lead = 0x81; lead < 0xfe; lead += 1) {
  for (let trail = 0x41; trail < 0xff; trail += 1) {
    const bytes = Buffer.from([lead, trail]);
    const character = decodeOne(bytes);
    if (character?.length === 1) cp949.set(character, bytes);
  }
}

/** All Hangul characters of CP949. */
export const hangul = [...cp949.keys()].filter((character) => /\p{Script=Hangul}/u.test(character));
