import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { findCode, splitSections } from "../docs/markdown.ts";
import { alice, demoKey, startFunctions } from "../support/functions.ts";
import { addLine, exten, pushesTo, resetState } from "../support/line.ts";
import { until } from "../support/until.ts";
import { root, version } from "./asterisk.ts";
import { buildSipParts } from "./pjsip.ts";
import { SipPhone } from "./sip-phone.ts";

const run = promisify(execFile);
const pack = join(import.meta.dirname, "../../asterisk");
const page = await readFile(join(pack, "INSTALL.md"), "utf8");

/** The code blocks of a section of the page. */
const blocksOf = (heading: string) =>
  findCode(splitSections(page).find((section) => section.startsWith(`## ${heading}\n`))!);

/** What FreePBX makes of a custom destination that returns, and of an inbound route to it. */
const freePbx = [
  "[general]",
  '#include "extensions_custom.conf"',
  "[customdests]",
  "exten => dest-1,1,NoOp(Entering Custom Destination push-1001)",
  " same => n,Gosub(push-1001,s,1())",
  " same => n,NoOp(Returned from Custom Destination push-1001)",
  " same => n,Goto(from-did-direct,1001,1)",
  "[from-did-direct]",
  `exten => 1001,1,Dial(PJSIP/${exten},30)`,
  "[trk-11-in]",
  "exten => 07045144800,1,Goto(customdests,dest-1,1)",
  "",
].join("\n");

/** A copy of the root with Debian's Asterisk in Debian's configuration, as a reader of the page has it. */
async function startDebian() {
  const base = await mkdtemp(join(tmpdir(), "pbx-push-debian-"));
  await run("mount", ["-t", "tmpfs", "tmpfs", base]);
  const [upper, work, top] = ["upper", "work", "top"].map((name) => join(base, name)) as [string, string, string];
  for (const directory of [upper, work, top]) await mkdir(directory);
  const layers = `lowerdir=${root},upperdir=${upper},workdir=${work}`;
  await run("mount", ["-t", "overlay", "overlay", "-o", layers, top]);
  await run("mount", ["-t", "proc", "proc", join(top, "proc")]);
  /** Types shell lines as root in the folder of the files; returns what they print. */
  const type = async (lines: string) => {
    const { stdout } = await run("chroot", [top, "bash", "-e", "-c", `cd /root/pbx-push\n${lines}`]);
    return stdout;
  };
  await cp(pack, join(top, "root/pbx-push"), { recursive: true });
  return {
    top,
    type,
    /** Starts Asterisk, and waits until it has booted. */
    boot: async () => {
      await type("install -d -o asterisk -g asterisk /run/asterisk");
      const server = spawn("chroot", [top, "asterisk", "-U", "asterisk", "-G", "asterisk", "-f"], { stdio: "ignore" });
      const exited = once(server, "exit");
      // The console is not there at once.
      while (!(await type("asterisk -rx 'core waitfullybooted' 2>&1 || true")).includes("fully booted"))
        await delay(100);
      await type("asterisk -rx 'logger add channel full notice,warning,error,verbose(3)'");
      return async () => {
        server.kill();
        await exited;
      };
    },
    remove: async () => {
      await run("umount", ["--lazy", "--recursive", base]);
      await rm(base, { recursive: true });
    },
  };
}

describe(`INSTALL.md, typed on a Debian with ${version}`, async () => {
  const functions = await startFunctions();
  const [trunk, app] = await Promise.all([SipPhone.start("trunk"), SipPhone.start(exten)]);
  const debian = await startDebian();
  const { top, type } = debian;
  const read = (path: string) => readFile(join(top, path), "utf8");
  const [modules, settings, answers, dialplan, reload] = blocksOf("Plain Asterisk");
  let stop = async () => {};
  let token = "";

  before(async () => {
    const sip = await buildSipParts([trunk, app], "trk-11-in");
    await writeFile(join(top, "etc/asterisk/pjsip.conf"), sip.files!["pjsip.conf"]!);
    // The reader's editor, and what the reader writes with it.
    const editor = `#!/bin/sh\nsed -i 's|^key *=.*|key = ${demoKey}|; s|^url_1 *=.*|url_1 = ${functions.urls.pbx}|' "$1"\n`;
    await writeFile(join(top, "usr/local/bin/editor"), editor);
    await chmod(join(top, "usr/local/bin/editor"), 0o755);
    stop = await debian.boot();
  });
  after(async () => {
    await stop();
    await debian.remove();
    trunk.close();
    app.close();
    await functions.close();
  });
  beforeEach(async () => {
    await resetState(functions);
    [token] = (await addLine(functions, 1)) as [string];
    app.calls.splice(0);
  });

  /** Calls a number, and checks that its app wakes, is ready, and gets the call. */
  async function wakes(number: string): Promise<void> {
    const call = trunk.invite(number);
    await until(() => functions.fcm.messages(token).length > 0 || call.status >= 300);
    assert.ok(call.status < 300, `the call was refused with ${call.status}`);
    const { callId } = pushesTo(functions, token)[0].data;
    assert.equal(app.calls.length, 0, "the phone is dialled before its app is ready");
    await functions.call("reportCall", alice, { callId, deviceId: "phone-1", event: "ready" });
    await app.called();
    await trunk.until(() => call.status === 200);
    trunk.hangUp(call);
    await until(async () => /^0 active channels/m.test(await type("asterisk -rx 'core show channels count'")));
  }

  it("finds no module missing, and names one that is", async () => {
    const shown = await type(modules!);
    assert.match(shown, /^Asterisk \d+/m);
    assert.doesNotMatch(shown, /missing/);
    const withOneMore = await type(modules!.replace("func_uri", "func_none"));
    assert.deepEqual(withOneMore.match(/missing.*/g), ["missing: func_none"]);
  });

  it("installs the files, and the service answers", async () => {
    await type(settings!);
    assert.match(await type("stat -c '%U %a' /etc/asterisk/pbx-push-settings.conf"), /^asterisk 600/);
    const shown = await type(answers!.replace(/url=.*/, `url=${functions.urls.pbx}`));
    assert.match(shown, /healthy/i);
    assert.match(shown, /^ERROR unknown_call$/m);
    assert.match(shown, /^Result: HEALTHY/m);
    assert.doesNotMatch(shown, new RegExp(demoKey));
  });

  it("wakes a phone from the dialplan", async () => {
    const path = join(top, "etc/asterisk/extensions.conf");
    await writeFile(path, `#include "pbx-push.conf"\n${await read("etc/asterisk/extensions.conf")}`);
    await appendFile(path, `\n[trk-11-in]\n${dialplan!}`);
    await type(reload!);
    await wakes(exten);
    assert.match(await read("var/log/asterisk/full"), /PBXPUSH_RESULT=READY/);
  });

  describe("with the AGI script", () => {
    const agiExten = "07045144809";

    it("wakes a phone", async () => {
      await type(blocksOf("The AGI script")[0]!);
      const sample = await readFile(join(pack, "extensions.conf.sample"), "utf8");
      const ours = sample.slice(sample.indexOf("[trk-12-in]"));
      const way = [
        "[trk-11-in](+)",
        `exten => ${agiExten},1,Goto(trk-12-in,${exten},1)`,
        "exten => shows,1,AGI(pbx-push.agi,wait)",
        " same => n,Verbose(0,RESULT ${PBXPUSH_RESULT} DETAIL ${PBXPUSH_DETAIL})",
        ` same => n,Dial(PJSIP/${exten},30)`,
      ];
      await appendFile(join(top, "etc/asterisk/extensions.conf"), `\n${ours}\n${way.join("\n")}\n`);
      await type(reload!);
      await wakes(agiExten);
    });

    it("notices python3-minimal, says so, and the call goes on", async () => {
      // What Debian has in python3, and not in python3-minimal.
      const [library] = (await type("python3 -c 'import http; print(http.__path__[0])'")).split("\n");
      await rm(join(top, library!), { recursive: true });
      await assert.rejects(type(blocksOf("The AGI script")[0]!), /No module named 'http'/);
      const call = await trunk.call("shows");
      await trunk.until(() => call.status === 200);
      trunk.hangUp(call);
      assert.match(await read("var/log/asterisk/full"), /pbx-push\.agi needs .*python3-minimal/);
      assert.match(await read("var/log/asterisk/full"), /RESULT ERROR DETAIL ERROR python/);
    });
  });

  it("wakes a phone from a FreePBX's custom destination", async () => {
    await functions.pbx("PUT", "/lines/1001", { uid: "alice" });
    await writeFile(join(top, "etc/asterisk/extensions_custom.conf"), blocksOf("FreePBX")[0]!);
    await writeFile(join(top, "etc/asterisk/extensions.conf"), freePbx);
    await type(reload!);
    await wakes("07045144800");
  });
});
