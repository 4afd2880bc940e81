import { afterEach, describe, it } from "node:test";
import type { Setup } from "./setup.ts";
import type { VirtualPage } from "./virtual-page.ts";

const longName = "Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenauszahlungsstellenleiterin";

/** The page for users without a mouse, and on a small screen. */
export function describePage(setup: Setup): void {
  describe("the virtual phone's page", () => {
    let page: VirtualPage;
    afterEach(() => page.close());

    it("can place, answer and end a call with only a keyboard", async () => {
      page = await setup.open();
      const phone = page.phone(1);
      await page.tabTo("Foreground");
      await page.page.keyboard.press("Space");
      await phone.until("WebSocket connected");
      await page.tabTo("Place call", "Shift+Tab");
      await page.page.keyboard.press("Enter");
      await phone.ringing("홍길동").waitFor();
      // The call has taken the focus.
      await page.tabTo("Accept", "Tab", 3);
      await page.page.keyboard.press("Enter");
      await phone.active.waitFor();
      await page.untilCall("Answered on a phone");
      await page.tabTo("Hang up", "Tab", 3);
      await page.page.keyboard.press("Enter");
      await page.untilCall("Hung up");
    });

    it("fits a screen of 390 pixels in every state", async () => {
      page = await setup.open({ width: 390, height: 844 });
      const phone = page.phone(1);
      await page.assertFits();
      await page.place({ name: longName, number: "9".repeat(64) });
      await phone.ringing().waitFor();
      await page.assertFits();
      await phone.press("Accept");
      await phone.active.waitFor();
      await page.assertFits();
      await page.untilCall("Answered on a phone");
      await phone.press("Hang up");
      await page.untilCall("Hung up");
      await page.assertFits();
    });
  });
}
