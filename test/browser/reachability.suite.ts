import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { secondDemo } from "../../local/stack/demo.ts";
import type { Setup } from "./setup.ts";
import type { VirtualPage } from "./virtual-page.ts";

/** Phones that are unreachable for a while or for good. */
export function describeReachability(setup: Setup): void {
  describe("a phone that cannot be reached", () => {
    let page: VirtualPage;
    beforeEach(async () => {
      page = await setup.open();
    });
    afterEach(() => page.close());

    it("rings when it comes back while the call still rings", async () => {
      const phone = page.phone(1);
      await phone.switchTo("Offline");
      await page.place();
      await page.untilStep("NOTIFIED 1");
      assert.equal(await phone.ringing().count(), 0);
      await phone.press("Background");
      await phone.ringing("홍길동").waitFor();
      await page.act("Caller hangs up");
      await phone.ringing().waitFor({ state: "hidden" });
    });

    it("stays silent when it comes back too late", async () => {
      const phone = page.phone(1);
      await phone.switchTo("Offline");
      await page.place({ ringSeconds: 5 });
      await page.untilCall("No answer");
      await phone.switchTo("Background");
      await phone.untilTraced("End push received");
      await phone.until("App asleep");
      assert.equal(await phone.hasRung(), false);
    });

    it("is forgotten when its app is uninstalled, and registered again when the app is installed anew", async () => {
      await page.addPhone(2, secondDemo.email);
      const phone = page.phone(2);
      const call = { line: secondDemo.exten };
      const placeAndHangUp = async (step: string) => {
        await page.place(call);
        await page.untilStep(step);
        await page.act("Caller hangs up");
        await page.untilCall("Caller hung up");
      };
      await placeAndHangUp("NOTIFIED 1");
      // If FCM met the uninstalled app with this end push, the service would forget the phone one call too early.
      await phone.untilTraced("End push received");
      await phone.until("App asleep");
      await phone.switchTo("Uninstalled");
      await placeAndHangUp("NAK push_failed");
      await placeAndHangUp("NAK no_devices");
      await phone.press("Install again");
      await phone.until("WebSocket connected");
      await placeAndHangUp("NOTIFIED 1");
      await page.removePhone(2);
    });
  });
}
