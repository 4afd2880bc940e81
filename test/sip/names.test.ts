import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, beforeEach, describe, it } from "node:test";
import { hostileCallers } from "../asterisk/callers.ts";
import { root, version } from "./asterisk.ts";
import { encodeCp949, readNumber } from "./caller-rules.ts";
import { quote, startNames } from "./names.ts";

describe(`callers by SIP on ${version}`, async () => {
  const { asterisk, recorder, trunk, announcedFor, callsAs, stop } = await startNames();
  after(stop);
  beforeEach(() => recorder.clear());

  describe("shows the name", () => {
    for (const name of ["O'Brien", "Yahoo!", '(주)한국 "본사"', "\\\\server\\Kim", "a=b^c", "Unknown", "anonymous"]) {
      it(name, () => callsAs(quote(name)));
    }

    for (const sign of ["(", ")", "'", '"', "\\", "~"]) {
      it(`with nine to eleven times ${sign}`, async () => {
        for (let times = 9; times < 12; times += 1) await callsAs(quote(`K${sign.repeat(times)}z`));
      });
    }

    const odd = {
      "five bytes that iconv takes for one character": "3024fa9cab96b3",
      "a byte before a parenthesis": "e04f28",
      "Unknown with the sign of kelvin": "556ee284aa6e6f776e",
      "CP949 with the bytes of U+FFFD": "c7efbfbdbdb8",
    };
    for (const [title, hex] of Object.entries(odd)) it(title, () => callsAs(Buffer.from(hex, "hex")));

    // chan_pjsip keeps 79 bytes. The two bytes of 홍 in CP949 are valid UTF-8, those of 길 and 김 are not.
    for (const tail of ["홍길동", "홍홍길", "김철수", "홍홍홍홍김"]) {
      it(`in CP949, ${tail} behind 68 to 80 letters`, { timeout: 60_000 }, async () => {
        for (let letters = 68; letters <= 80; letters += 1) {
          const name = encodeCp949("K".repeat(letters) + tail);
          await callsAs(name);
          await callsAs(name, "P-Asserted-Identity");
        }
      });
    }

    for (const name of ["Kim 한", "홍길"]) it(`in CP949, ${name}`, () => callsAs(encodeCp949(name)));

    it("in UTF-8, up to the last character that 79 bytes hold", async () => {
      for (let letters = 70; letters <= 80; letters += 1) await callsAs(quote(`${"K".repeat(letters)}홍길동`));
    });

    it("in UTF-8, although another header has one in CP949", async () => {
      const asserted = `P-Asserted-Identity: "${"K".repeat(78)}" <sip:010@127.0.0.1>`;
      const from = Buffer.concat([
        Buffer.from('"'),
        encodeCp949("길동".repeat(20)),
        Buffer.from('" <sip:02@127.0.0.1>'),
      ]);
      for (const form of await announcedFor({ from, headers: [asserted] })) {
        assert.equal(form["caller_name"], "K".repeat(78));
      }
    });

    const file = "/tmp/pbx-push-was-here";
    for (const { title, name } of hostileCallers(file)) {
      it(title, async () => {
        await callsAs(typeof name === "string" ? quote(name) : name);
        assert.equal(existsSync(join(root, file)), false, "a command was run");
      });
    }
  });

  for (const header of ["From", "P-Asserted-Identity", "Remote-Party-ID"] as const) {
    it(`shows no name if the one in ${header} has a replacement character`, () => callsAs(quote("Kim\uFFFD"), header));
  }

  describe("shows the number", () => {
    const numbers = ["01012345678", "+821012345678", "010-1234-5678", "02.123.4567", "alice2", "anonymous", "2alice"];
    // Line breaks end an answer of AGI, and two of them its description of the channel.
    const breaking = ["010%0A12", "010%0D%0A12", "010%0A%0A200%20result=1%20(1001)"];
    for (const number of [...numbers, "010%24%28id%29", "010%3Bx=1", "010;phone-context=+82", ...breaking]) {
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

  describe("uses the identity that the trunk asserts", () => {
    const paid = 'P-Asserted-Identity: "O\'Brien!" <sip:010@127.0.0.1>';
    const remote = 'Remote-Party-ID: "O\'Brien!" <sip:010@127.0.0.1>';
    const asserted: readonly (readonly [headers: readonly string[], isShown: boolean])[] = [
      [[paid], true],
      [[paid, "Privacy: none"], true],
      [[paid, "Privacy: id"], false],
      [[paid, "Privacy: user"], false],
      [[paid, "Privacy: header;id;critical"], false],
      [[remote], true],
      [[`${remote};party=calling;privacy=off`], true],
      [[`${remote};privacy=full`], false],
      [[paid, 'Remote-Party-ID: "Lee" <sip:011@127.0.0.1>;privacy=full'], true],
    ];
    for (const [headers, isShown] of asserted) {
      it(`${isShown ? "of" : "and hides"} ${headers.join(", ")}`, async () => {
        for (const form of await announcedFor({ from: '"Someone" <sip:02@127.0.0.1>', headers })) {
          const shown = [form["caller_id"], form["caller_name"]];
          assert.deepEqual(shown, isShown ? ["010", "O'Brien!"] : ["", ""]);
        }
      });
    }

    it("but shows From where only Privacy is there", async () => {
      const caller = { from: '"Kim" <sip:02@127.0.0.1>', headers: ["Privacy: id"] };
      for (const form of await announcedFor(caller)) {
        assert.deepEqual([form["caller_id"], form["caller_name"]], ["02", "Kim"]);
      }
    });
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
