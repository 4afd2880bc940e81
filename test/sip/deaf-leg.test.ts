import { describe, it } from "node:test";
import { version } from "./asterisk.ts";
import { startPbxWithPhones } from "./pbx-with-phones.ts";

const missing = ["app_softhangup", "func_hangupcause"];

describe(`a leg without ${missing.join(" and ")} on ${version}`, async () => {
  const pbx = await startPbxWithPhones({ without: missing });
  const { asterisk, trunk, mobile } = pbx;

  it("says so, wakes the app, and rings its phone", async () => {
    const said = asterisk.log.fromNow();
    const call = trunk.invite("joins-alone");
    await said(/ERROR.*without app_softhangup and func_hangupcause/);
    await pbx.pushTo("alice");
    await mobile.register();
    mobile.answer(await mobile.called());
    await trunk.until(() => call.status === 200);
    trunk.hangUp(call);
    await asterisk.untilQuiet();
  });
});
