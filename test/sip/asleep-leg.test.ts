import { describe, it } from "node:test";
import { version } from "./asterisk.ts";
import { startPbxWithPhones } from "./pbx-with-phones.ts";

describe(`a leg that can wake no phone, as func_md5 is missing, on ${version}`, async () => {
  const { asterisk, trunk, mobile } = await startPbxWithPhones({ without: ["func_md5"] });

  it("rings the phones that have registered", async () => {
    await mobile.register();
    const call = trunk.invite("joins-alone");
    mobile.answer(await mobile.called());
    await trunk.until(() => call.status === 200);
    trunk.hangUp(call);
    await asterisk.untilQuiet();
  });
});
