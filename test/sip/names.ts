import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { startRingRecorder, type Asked } from "../asterisk/ring-recorder.ts";
import { root, startAsterisk, type Asterisk } from "./asterisk.ts";
import { readName } from "./caller-rules.ts";
import { buildSipParts } from "./pjsip.ts";
import { SipPhone, type Caller } from "./sip-phone.ts";

/** A header with the caller's number and name. */
export type CallerHeader = "From" | "P-Asserted-Identity" | "Remote-Party-ID";

/**
 * An Asterisk that announces each call by the dialplan and by the AGI script. For many calls `isServed` is faster: without
 * verbose logging, and one process runs the script.
 */
export async function startNames(isServed = false) {
  const recorder = await startRingRecorder();
  const trunk = await SipPhone.start("trunk");
  const sip = await buildSipParts([], "names");
  const dialplan = await readFile(join(import.meta.dirname, "names.conf"), "utf8");
  const settings = `[general]\nkey = the-key-of-names\nurl_1 = ${recorder.url}\nbudget_seconds = 8\n`;
  trunk.connect(sip.port);
  const asterisk = await startAsterisk(dialplan, settings, { ...sip, isVerbose: !isServed });
  const server = isServed ? await serveScript(asterisk) : undefined;
  let calls = 0;

  /** The announcements of a call by the dialplan and by the AGI script. */
  async function announcedFor(caller: Caller): Promise<Asked["form"][]> {
    const number = String((calls += 1)).padStart(6, "0");
    const call = await trunk.call(`${isServed ? 6 : 9}${number}`, caller);
    assert.equal(call.status, 486);
    return Promise.all([recorder.announcementOf(`9${number}`), recorder.announcementOf(`8${number}`)]);
  }

  return {
    asterisk,
    recorder,
    trunk,
    announcedFor,
    /** Calls with the bytes of a name between the quotes of a header, and checks the announcements against the rules. */
    callsAs: async (quoted: Buffer, header: CallerHeader = "From") => {
      const announced = await announcedFor(callerNamed(quoted, header));
      for (const [index, form] of announced.entries()) {
        assert.deepEqual(
          [form["caller_id"], form["caller_name"]],
          ["01012345678", readName(quoted)],
          `${index === 0 ? "dialplan" : "AGI script"}, ${header}, ${quoted.toString("hex")}`,
        );
      }
    },
    stop: async () => {
      await asterisk.untilQuiet();
      server?.kill();
      await asterisk.stop();
      trunk.close();
      await recorder.close();
    },
  };
}

/** Runs the AGI script of Asterisk's root with the root's Python. */
async function serveScript(asterisk: Asterisk): Promise<ChildProcess> {
  const program = await asterisk.write("agi-server.py", await readFile(join(import.meta.dirname, "agi-server.py")));
  const directory = dirname(program);
  const script = join(directory, "agi-bin/pbx-push.agi");
  const command = ["env", `AST_CONFIG_DIR=${directory}`, "python3", program, script, "wake"];
  const server = spawn("chroot", [root, ...command], { stdio: ["ignore", "pipe", "inherit"] });
  const [port] = await once(server.stdout.setEncoding("utf8"), "data");
  await asterisk.write("agi-port", String(port).trim());
  return server;
}

/** Someone else is in From, if that is not the header. */
function callerNamed(quoted: Buffer, header: CallerHeader): Caller {
  const address = Buffer.concat([Buffer.from('"'), quoted, Buffer.from('" <sip:01012345678@127.0.0.1>')]);
  if (header === "From") return { from: address };
  return { from: '"Someone" <sip:02@127.0.0.1>', headers: [Buffer.concat([Buffer.from(`${header}: `), address])] };
}

/** A name as written between quotes: https://www.rfc-editor.org/rfc/rfc3261#section-25.1, quoted-string. */
export function quote(name: string): Buffer {
  return Buffer.from(name.replaceAll(/["\\]/g, "\\$&"));
}
