import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { findFaults } from "./dialplan-faults.ts";

const read = (name: string) => readFileSync(join(import.meta.dirname, "../../asterisk", name), "utf8");
const dialplan = read("pbx-push.conf");

describe("the dialplan", () => {
  it("keeps every rule", () => {
    assert.deepEqual(findFaults(dialplan), []);
  });

  it("keeps every rule in the examples, too", () => {
    assert.deepEqual(findFaults(`${dialplan}\n${read("extensions.conf.sample")}`), []);
  });

  const planted: readonly [rule: string, line: string | RegExp, instead: string, fault: RegExp][] = [
    ["runs no shell", "Wait(3)", "System(touch x)", /forbidden/],
    ["has no macro", "Gosub(pbx-push-announce,s,1)", "Macro(pbx-push-announce)", /forbidden/],
    ["escapes semicolons", "chmod 600)", "chmod; 600)", /unbalanced/],
    ["jumps to existing labels", "(known),", "(know),", /no label known/],
    ["calls existing contexts", "[pbx-push-hear]", "[pbx-push-listen]", /no context pbx-push-hear/],
    ["ends every routine", / same => n\(done\),Hangup\(\)\n/, "", /runs off the end/],
    [
      "compares no caller's value",
      '$["${CALLERID(num-pres)}${CALLERID(name-pres)}" =~',
      '$["${CALLERID(num)}" =~',
      /a caller's value in GotoIf/,
    ],
    [
      "compares no variable with a caller's value",
      "$[${FIELDQTY(name,~)} +",
      "$[${name} +",
      /a caller's value in GotoIf/,
    ],
    [
      "puts none into ExecIf",
      "Set(PBXPUSH_ASKED=$[0${PBXPUSH_ASKED} + 1])",
      "ExecIf($[1=1]?Set(N=${CALLERID(name)}))",
      /forbidden/,
    ],
    [
      "puts no caller's value into an expression",
      "Set(LOCAL(length)=${LEN(${name})})",
      "Set(LOCAL(length)=$[${name} + 1])",
      /in an expression/,
    ],
    ["logs none", "Set(PBXPUSH_ASKED=$[0${PBXPUSH_ASKED} + 1])", "Verbose(1,${EXTEN})", /a caller's value in Verbose/],
    [
      "passes no caller's value as an argument",
      "Gosub(pbx-push-caller,s,1)",
      "Gosub(pbx-push-caller,s,1(${PBXPUSH_EXTEN}))",
      /in Gosub/,
    ],
    [
      "removes parentheses from names first",
      " same => n,Set(LOCAL(name)=${STRREPLACE(name,\\),~2)})\n",
      "",
      /parentheses go into FILTER/,
    ],
    [
      "removes parentheses from numbers first",
      "${REPLACE(CALLERID(num),-. /\\(\\),)}",
      "${CALLERID(num)}",
      /in an expression/,
    ],
    ["returns only encoded values", "?:${encoded})})", "?:${utf8})})", /in Return/],
    ["gives MSet() no value of a caller", "MSet(PBXPUSH_CALL=", "MSet(X=${CALLERID(name)},PBXPUSH_CALL=", /in MSet/],
    ["gives every request a timeout", /.*CURLOPT\(httptimeout\).*\n/, "", /without timeouts/],
    ["gives every connection one", /.*CURLOPT\(conntimeout\).*\n/, "", /without timeouts/],
    [
      "writes the key to no log",
      "NoOp(${SET(CURLOPT(httpheader)=Authorization",
      "Set(x=${SET(CURLOPT(httpheader)=Authorization",
      /the key is visible/,
    ],
    [
      "keeps the key out of variables",
      "MSet(CURLOPT(conntimeout)=2,",
      "MSet(K=${AST_CONFIG(x.conf,general,key)},",
      /the key is visible/,
    ],
    [
      "sends nothing on the caller's channel",
      "Set(PBXPUSH_ASKED=$[0${PBXPUSH_ASKED} + 1])",
      "Gosub(pbx-push-send,s,1)",
      /on the caller's channel/,
    ],
    ["verifies certificates", "MSet(CURLOPT(conntimeout)=2,", "MSet(CURLOPT(ssl_verifypeer)=0,", /forbidden/],
    [
      "reads the Linkedid only when it announces a ring",
      "/calls/${PBXPUSH_CALL}/end,",
      "/calls/${CHANNEL(linkedid)}/end,",
      /the current Linkedid/,
    ],
    [
      "lets channels inherit only the ring_id",
      "PBXPUSH_RING_ID=,PBXPUSH_ASKED=",
      "PBXPUSH_RING_ID=,_PBXPUSH_ASKED=",
      /inherited/,
    ],
    ["passes all arguments of a routine", "(end,${form},,))", "(end,${form}))", /an argument is left out/],
    [
      "ends rings, and never the call",
      "Set(LOCAL(form)=ring_id=${PBXPUSH_RING_ID}&",
      "Set(LOCAL(form)=",
      /an end without/,
    ],
    ["never blocks in Originate()", ",180,ac()", ",180,c()", /blocks/],
  ];
  for (const [rule, line, instead, fault] of planted) {
    it(`would fail this check if it broke the rule: ${rule}`, () => {
      const broken = dialplan.replace(line, () => instead);
      assert.ok(broken !== dialplan, "the line to break is missing");
      assert.match(findFaults(broken).join("\n"), fault);
    });
  }
});
