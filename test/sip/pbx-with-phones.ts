import { after, afterEach, beforeEach } from "node:test";
import type { AsteriskParts } from "./asterisk.ts";
import { startPbxWithApp } from "./pbx-with-app.ts";

/**
 * The PBX of startPbxWithApp(), for the tests of the suite that asks for it: before each of them no phone has a contact, and all
 * phones but the trunks ring until the test answers them.
 */
export async function startPbxWithPhones(parts: AsteriskParts = {}) {
  const pbx = await startPbxWithApp(parts);
  const { asterisk, app, desk, mobile, otherMobile, tablet, bobs } = pbx;
  const registering = [mobile, otherMobile, tablet, bobs];
  after(() => pbx.stop());
  beforeEach(async () => {
    await pbx.begin();
    for (const phone of [app, desk, ...registering]) phone.manner = "rings";
  });
  afterEach(async () => {
    await asterisk.clear();
    for (const phone of registering) await phone.unregister();
  });
  return pbx;
}
