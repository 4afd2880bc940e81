import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, beforeEach, describe, it } from "node:test";
import * as fc from "fast-check";
import { hostileCallers } from "../asterisk/callers.ts";
import { startRingRecorder, type Asked } from "../asterisk/ring-recorder.ts";
import { majorVersion, root, startAsterisk, version } from "./asterisk.ts";
import { encodeCp949, hangul, readName, readNumber } from "./caller-rules.ts";
import { buildSipParts } from "./pjsip.ts";
import { SipPhone, type Caller } from "./sip-phone.ts";

// oxlint-disable-next-line node/no-process-env -- a setting of this test
const runs = Number(process.env["NAMES"] ?? 300);

/** How many of the generated callers call at the same time. */
const atOnce = 10;

describe(`callers by SIP on ${version}`, async () => {
  const recorder = await startRingRecorder();
  const trunk = await SipPhone.start("trunk");
  const sip = await buildSipParts([], "names");
  const dialplan = await readFile(join(import.meta.dirname, "names.conf"), "utf8");
  const settings = `[general]\nkey = the-key-of-names\nurl_1 = ${recorder.url}\nbudget_seconds = 8\n`;
  trunk.connect(sip.port);
  const asterisk = await startAsterisk(dialplan, settings, sip);
  after(async () => {
    await asterisk.untilQuiet();
    await asterisk.stop();
    trunk.close();
    await recorder.close();
  });
  beforeEach(() => recorder.clear());

  let calls = 0;

  /** The announcements of a call by the dialplan and by the AGI script, which takes a hundred times as long. */
  async function announcedFor(caller: Caller, hasScript = true): Promise<Asked["form"][]> {
    const number = String((calls += 1)).padStart(6, "0");
    const extens = hasScript ? [`9${number}`, `8${number}`] : [`7${number}`];
    const forms = () => extens.map((exten) => recorder.announced().find(({ form }) => form["exten"] === exten)?.form);
    const call = await trunk.call(extens[0]!, caller);
    assert.equal(call.status, 486);
    await recorder.until(() => !forms().includes(undefined));
    return forms().map((form) => form!);
  }

  const fromNamed = (quoted: Buffer) =>
    Buffer.concat([Buffer.from('"'), quoted, Buffer.from('" <sip:01012345678@127.0.0.1>')]);

  /** Calls with the bytes of a name between the quotes of From, and checks the announcements against the rules. */
  async function callsAs(quoted: Buffer, hasScript = true): Promise<void> {
    const announced = await announcedFor({ from: fromNamed(quoted) }, hasScript);
    for (const [index, form] of announced.entries()) {
      assert.deepEqual(
        [form["caller_id"], form["caller_name"]],
        ["01012345678", readName(quoted, majorVersion >= 22)],
        `${index === 0 ? "dialplan" : "AGI script"}, ${quoted.toString("hex")}`,
      );
    }
  }

  /** A name as written between quotes: https://www.rfc-editor.org/rfc/rfc3261#section-25.1, quoted-string. */
  const quote = (name: string) => Buffer.from(name.replaceAll(/["\\]/g, "\\$&"));

  /** Removes bytes that end a quoted string or a line. */
  const toQuoted = (bytes: Uint8Array) =>
    Buffer.from(bytes.filter((byte) => !'"\\\r\n'.includes(String.fromCharCode(byte))));

  describe("shows the name", () => {
    for (const name of ["O'Brien", "Yahoo!", '(주)한국 "본사"', "\\\\server\\Kim", "a=b^c", "Unknown", "anonymous"]) {
      it(name, () => callsAs(quote(name)));
    }

    const file = "/tmp/pbx-push-was-here";
    for (const { title, name } of hostileCallers(file)) {
      it(title, async () => {
        await callsAs(typeof name === "string" ? quote(name) : name);
        assert.equal(existsSync(join(root, file)), false, "a command was run");
      });
    }

    const everywhere = "alone, doubled and tripled, first, in the middle and last";
    it(`with every printable character of ASCII, ${everywhere}`, { timeout: 600_000 }, async () => {
      for (let code = 0x20; code < 0x7f; code += 1) {
        const [one, two, three] = [1, 2, 3].map((times) => String.fromCharCode(code).repeat(times));
        const names = [one!, two!, three!, `${one}Kim${one}`, `${two}K${three}im${two}`];
        await Promise.all([
          callsAs(quote(`${three}K${one}i${two}m${three}`)),
          ...names.map((name) => callsAs(quote(name), false)),
        ]);
      }
    });

    const samples: readonly (readonly [string, fc.Arbitrary<Buffer>])[] = [
      ["any text", fc.string({ size: "max", unit: "grapheme", minLength: 1, maxLength: 60 }).map(quote)],
      ["ASCII", fc.string({ size: "max", unit: "grapheme-ascii", minLength: 1, maxLength: 255 }).map(quote)],
      [
        "Hangul in UTF-8",
        fc.string({ size: "max", unit: fc.constantFrom(...hangul), minLength: 1, maxLength: 90 }).map(quote),
      ],
      [
        "Hangul in CP949",
        fc
          .string({
            size: "max",
            unit: fc.constantFrom(...hangul, ...Array.from(" ()'!=^&,")),
            minLength: 2,
            maxLength: 120,
          })
          .map(encodeCp949),
      ],
    ];
    for (const [title, arbitrary] of samples) {
      const several = fc.array(arbitrary, { minLength: atOnce, maxLength: atOnce });
      it(`of ${title}, as generated`, () =>
        fc.assert(
          fc.asyncProperty(several, async (names) => {
            await Promise.all(names.map((name) => callsAs(name)));
          }),
          { numRuns: Math.ceil(runs / samples.length / atOnce), endOnFailure: true },
        ));
    }

    it("of any bytes alike by dialplan and AGI script, and never with a replacement character", () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.uint8Array({ min: 1, minLength: 1, maxLength: 79 }), { minLength: atOnce, maxLength: atOnce }),
          async (several) => {
            const announced = several.map((bytes) => announcedFor({ from: fromNamed(toQuoted(bytes)) }));
            for (const [byDialplan, byScript] of await Promise.all(announced)) {
              assert.equal(byDialplan!["caller_name"], byScript!["caller_name"]);
              assert.doesNotMatch(byDialplan!["caller_name"]!, /\uFFFD/);
            }
          },
        ),
        { numRuns: Math.ceil(runs / 5 / atOnce), endOnFailure: true },
      ));
  });

  describe("shows the number", () => {
    const numbers = ["01012345678", "+821012345678", "010-1234-5678", "02.123.4567", "alice2", "anonymous", "2alice"];
    for (const number of [...numbers, "010%24%28id%29", "010%3Bx=1", "010;phone-context=+82"]) {
      it(number, async () => {
        const announced = await announcedFor({ from: `"Kim" <sip:${number}@127.0.0.1>` });
        const shown = readNumber(decodeURIComponent(number));
        assert.deepEqual(
          announced.map((form) => form["caller_id"]),
          [shown, shown],
        );
      });
    }
  });

  it("uses the identity that the trunk asserts", async () => {
    const asserted = (header: string, more: string[] = []) =>
      announcedFor({ from: '"Someone" <sip:02@127.0.0.1>', headers: [header, ...more] });
    for (const header of ["P-Asserted-Identity", "Remote-Party-ID"]) {
      for (const form of await asserted(`${header}: "O'Brien!" <sip:010@127.0.0.1>`)) {
        assert.deepEqual([form["caller_id"], form["caller_name"]], ["010", "O'Brien!"]);
      }
    }
    const isPrivate = [
      await asserted('P-Asserted-Identity: "Kim" <sip:010@127.0.0.1>', ["Privacy: id"]),
      await asserted('Remote-Party-ID: "Kim" <sip:010@127.0.0.1>;privacy=full'),
    ];
    for (const form of isPrivate.flat()) assert.deepEqual([form["caller_id"], form["caller_name"]], ["", ""]);
  });

  describe("announces for PBXPUSH_EXTEN", () => {
    const extens: readonly (readonly [string, readonly string[]])[] = [
      ["1001", ["1001"]],
      ["*97#", ["*97#"]],
      ["+821012345678", ["+821012345678"]],
      ["1001&1002", ["1001", "1002"]],
      [" 1001 & 1002 ", ["1001", "1002"]],
      ["&1001&&1002&", ["1001", "1002"]],
      ["1001@ctx2", []],
      ["1001,2", []],
      ["sip:1001@pbx1.example.com", []],
      ["PJSIP/1001", []],
      ["1001&sales", []],
      ["1001)", []],
      ["", []],
    ];
    for (const [given, announced] of extens) {
      for (const exten of ["extens", "agi-extens"]) {
        it(`${given === "" ? "nothing" : given} by ${exten === "extens" ? "the dialplan" : "the AGI script"}`, async () => {
          await asterisk.write("extens", given);
          const call = await trunk.call(exten);
          assert.equal(call.status, 486);
          await asterisk.untilQuiet();
          if (announced.length > 0) await recorder.announcement(announced.length);
          assert.deepEqual(new Set(recorder.announced().map(({ form }) => form["exten"])), new Set(announced));
        });
      }
    }
  });

  it("writes the key neither to the log nor to AMI", async () => {
    assert.match(asterisk.log.text, /Executing .*pbx-push-send/);
    assert.match(asterisk.events.text, /Event: Newexten[^]*pbx-push-send/);
    assert.doesNotMatch(asterisk.log.text + asterisk.events.text, /the-key-of-names/);
  });
});
