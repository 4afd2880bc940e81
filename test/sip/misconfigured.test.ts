import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { startRingRecorder } from "../asterisk/ring-recorder.ts";
import { startAsterisk, version, type Asterisk } from "./asterisk.ts";

const dialplan = await readFile(join(import.meta.dirname, "misconfigured.conf"), "utf8");

describe(`a PBX that is set up wrongly, on ${version}`, async () => {
  const recorder = await startRingRecorder();
  after(() => recorder.close());
  beforeEach(() => {
    recorder.clear();
    recorder.decide("READY");
  });

  const key = "key = the-key-of-this-pbx";
  const url = `url_1 = ${recorder.url}`;
  const good = `[general]\n${key}\n${url}\n`;

  /** Calls; returns PBXPUSH_DETAIL, and the log of this call. */
  async function detailOf(asterisk: Asterisk, exten: string) {
    const from = asterisk.log.text.length;
    const logged = asterisk.log.fromNow();
    await asterisk.call(exten);
    const [, detail] = await logged(/"0,DETAIL (.*) END"/);
    return { detail, log: asterisk.log.text.slice(from) };
  }

  describe("in its settings", async () => {
    const asterisk = await startAsterisk(dialplan, good);
    after(() => asterisk.stop());
    afterEach(() => asterisk.clear());

    const refused: Readonly<Record<string, readonly [string, RegExp]>> = {
      "no base URL": [`[general]\n${key}\nurl = ${recorder.url}\n`, /url_1/],
      "nothing under [general]": [`[generel]\n${key}\n${url}\n`, /\[general\]/],
      "a base URL without TLS, in quotes": [`[general]\n${key}\nurl_1 = "http://192.0.2.1"\n`, /must begin with https/],
      "a base URL with a user": [`[general]\n${key}\nurl_1 = http://127.0.0.1:1@192.0.2.1\n`, /must begin with https/],
    };
    const accepted: Readonly<Record<string, string | Buffer>> = {
      "a byte order mark": `\uFEFF${good}`,
      "line ends of Windows": good.replaceAll("\n", "\r\n"),
      "comments right behind a value": good.replaceAll(/(.=.*)/g, "$1;mine"),
      "a comment in CP949": Buffer.concat([
        Buffer.from("; "),
        Buffer.from("c8abb1e6b5bf", "hex"),
        Buffer.from(`\n${good}`),
      ]),
    };
    for (const exten of ["dialplan", "script"]) {
      for (const [title, [settings, reason]] of Object.entries(refused)) {
        it(`asks no service with ${title}, by ${exten}`, async () => {
          await asterisk.write("pbx-push-settings.conf", settings);
          const { detail, log } = await detailOf(asterisk, exten);
          assert.equal(detail, "ERROR settings");
          assert.match(log, reason);
          assert.equal(recorder.announced().length, 0);
        });
      }
      for (const [title, settings] of Object.entries(accepted)) {
        it(`accepts ${title}, by ${exten}`, async () => {
          await asterisk.write("pbx-push-settings.conf", settings);
          assert.equal((await detailOf(asterisk, exten)).detail, "READY");
        });
      }
    }

    it("refuses a slash at the end of a base URL, which the script removes", async () => {
      await asterisk.write("pbx-push-settings.conf", `[general]\n${key}\n${url}/\n`);
      const { detail, log } = await detailOf(asterisk, "dialplan");
      assert.equal(detail, "ERROR settings");
      assert.match(log, /not end with \//);
      assert.equal((await detailOf(asterisk, "script")).detail, "READY");
    });

    it("says by the script that PBXPUSH_EXTEN is no number", async () => {
      await asterisk.write("pbx-push-settings.conf", good);
      const { log } = await detailOf(asterisk, "no-number");
      assert.match(log, /pbx-push: PBXPUSH_EXTEN is neither/);
      assert.equal(recorder.announced().length, 0);
    });
  });

  for (const name of ["app_channelredirect", "app_originate", "app_waitforcond", "func_md5"]) {
    it(`in its modules: it says that it needs ${name}`, async (t) => {
      const asterisk = await startAsterisk(dialplan, good, { without: [name] });
      t.after(() => asterisk.stop());
      const { detail, log } = await detailOf(asterisk, "dialplan");
      assert.equal(detail, "ERROR no_exten");
      assert.match(log, new RegExp(`ERROR.*pbx-push needs .*${name}`));
      await asterisk.clear();
    });
  }

  it("not by a system name that has signs of a dialplan, which both accept", async (t) => {
    const asterisk = await startAsterisk(dialplan, good, { systemName: "PBX #1 & <2>|$x!?:%25/서울" });
    t.after(() => asterisk.stop());
    for (const exten of ["dialplan", "script"]) assert.equal((await detailOf(asterisk, exten)).detail, "READY");
    await asterisk.clear();
  });

  for (const systemName of ["Seoul, 1", "Kim's PBX", 'the "PBX"', "PBX (Seoul)", "1) PBX", "a^b=c", "${EXTEN}"]) {
    it(`in its system name, ${systemName}, which the dialplan refuses and the script does not`, async (t) => {
      const asterisk = await startAsterisk(dialplan, good, { systemName });
      t.after(() => asterisk.stop());
      const { detail, log } = await detailOf(asterisk, "dialplan");
      assert.equal(detail, "ERROR no_exten");
      assert.match(log, /ERROR.*pbx-push: .*systemname/);
      assert.equal(recorder.announced().length, 0);
      assert.equal((await detailOf(asterisk, "script")).detail, "READY");
      await asterisk.clear();
    });
  }
});
