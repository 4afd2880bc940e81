import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { alice, demoKey, startFunctions } from "../../support/functions.ts";
import { addLine, exten, pushesTo, startAfresh } from "../../support/line.ts";
import { findAsterisk, startAsterisk } from "./asterisk.ts";

const functions = await startFunctions();
const url = await functions.servePbx(functions.services);
const dialplan = `
[test-caller]
exten => caller,1,Answer()
 same => n,Wait(60)
[callee]
exten => answer,1,Answer()
 same => n,Wait(60)
exten => ring,1,Ringing()
 same => n,Wait(60)
exten => busy,1,Busy(0)
[test]
exten => wake,1,Set(PBXPUSH_EXTEN=${exten})
 same => n,Set(CALLERID(name)=홍길동)
 same => n,Set(CALLERID(num)=+82-10-1234-5678)
 same => n,Gosub(pbx-push-wake,s,1)
 same => n,Dial(Local/ring@callee/n,20)
exten => wait,1,Set(PBXPUSH_EXTEN=${exten})
 same => n,Set(PBXPUSH_WAIT=5)
 same => n,Gosub(pbx-push-wait,s,1)
 same => n,Verbose(0,RESULT \${PBXPUSH_RESULT} DETAIL \${PBXPUSH_DETAIL})
 same => n,Dial(Local/ring@callee/n,20)
`;
const version = await findAsterisk();
const asterisk = await startAsterisk(dialplan, `[general]\nkey=${demoKey}\nurl_1=${url}\n`);
after(async () => { await asterisk.stop(); await functions.close(); });
beforeEach(() => startAfresh(functions));
it("try", async () => {
  const [token] = await addLine(functions, 1);
  await asterisk.call("wake");
  await new Promise((r) => setTimeout(r, 2000));
  await asterisk.hangUp();
  await new Promise((r) => setTimeout(r, 1000));
  process.stderr.write(version + JSON.stringify(pushesTo(functions, token!), null, 1) + "\n");
  await asterisk.call("wait");
  await new Promise((r) => setTimeout(r, 7000));
  await asterisk.hangUp();
  await new Promise((r) => setTimeout(r, 1000));
});
