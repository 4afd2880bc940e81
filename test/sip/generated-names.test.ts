import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import * as fc from "fast-check";
import { version } from "./asterisk.ts";
import { encodeCp949, hangul } from "./caller-rules.ts";
import { quote, startNames, type CallerHeader } from "./names.ts";

// oxlint-disable-next-line node/no-process-env -- a setting of this test
const runs = Number(process.env["NAMES"] ?? 300);

/** How many callers call at the same time. */
const atOnce = 10;

const timeout = 120_000 + runs * 100;

/** Removes bytes that end a quoted string or a line. */
const toQuoted = (bytes: Uint8Array) =>
  Buffer.from(bytes.filter((byte) => !'"\\\r\n'.includes(String.fromCharCode(byte))));

const text = (unit: fc.StringConstraints["unit"], minLength: number, maxLength: number) =>
  fc.string({ size: "max", ...(unit !== undefined && { unit }), minLength, maxLength });

const samples: Readonly<Record<string, fc.Arbitrary<Buffer>>> = {
  "any text": text("grapheme", 1, 60).map(quote),
  ASCII: text("grapheme-ascii", 1, 255).map(quote),
  "Hangul in UTF-8": text(fc.constantFrom(...hangul), 1, 90).map(quote),
  "Hangul in CP949": text(fc.constantFrom(...hangul, ...Array.from(" ()'!=^&,")), 2, 120).map(encodeCp949),
};
const lettersAndHangul = fc
  .tuple(fc.integer({ min: 60, max: 80 }), text(fc.constantFrom(...hangul), 1, 10))
  .map(([letters, tail]) => encodeCp949("K".repeat(letters) + tail));
const anyOfThem = fc.oneof(...Object.values(samples));
const anyBytes = fc.uint8Array({ min: 1, minLength: 1, maxLength: 79 }).map(toQuoted);

describe(`${runs} generated names by SIP on ${version}`, async () => {
  const { recorder, announcedFor, callsAs, stop } = await startNames(true);
  after(stop);
  beforeEach(() => recorder.clear());

  /** Makes calls with a share of the generated names. */
  const forAll = (names: fc.Arbitrary<Buffer>, share: number, check: (name: Buffer) => Promise<void>) =>
    fc.assert(
      fc.asyncProperty(fc.array(names, { minLength: atOnce, maxLength: atOnce }), async (several) => {
        await Promise.all(several.map(check));
      }),
      { numRuns: Math.ceil((runs * share) / atOnce), endOnFailure: true },
    );

  const everywhere = "alone, doubled and tripled, first, in the middle and last";
  it(`shows every printable character of ASCII, ${everywhere}`, { timeout }, async () => {
    for (let code = 0x20; code < 0x7f; code += 1) {
      const [one, two, three] = [1, 2, 3].map((times) => String.fromCharCode(code).repeat(times));
      const mixed = [`${one}Kim${one}`, `${two}K${three}im${two}`, `${three}K${one}i${two}m${three}`];
      await Promise.all([one!, two!, three!, ...mixed].map((name) => callsAs(quote(name))));
    }
  });

  for (const [title, names] of Object.entries(samples)) {
    it(`shows ${title}`, { timeout }, () => forAll(names, 0.2, (name) => callsAs(name)));
  }

  it("shows letters and then Hangul in CP949", { timeout }, () =>
    forAll(lettersAndHangul, 0.2, (name) => callsAs(name)),
  );

  for (const header of ["P-Asserted-Identity", "Remote-Party-ID"] satisfies CallerHeader[]) {
    it(`shows a name in ${header}`, { timeout }, () => forAll(anyOfThem, 0.1, (name) => callsAs(name, header)));
  }

  it("shows any bytes alike by dialplan and AGI script, and never a replacement character", { timeout }, () =>
    forAll(anyBytes, 0.2, async (name) => {
      const from = Buffer.concat([Buffer.from('"'), name, Buffer.from('" <sip:010@127.0.0.1>')]);
      const [byDialplan, byScript] = await announcedFor({ from });
      assert.equal(byDialplan!["caller_name"], byScript!["caller_name"]);
      assert.doesNotMatch(byDialplan!["caller_name"]!, /\uFFFD/);
    }),
  );
});
