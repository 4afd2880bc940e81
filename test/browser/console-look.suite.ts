import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { sections } from "../../console/src/state/route.ts";
import { secondDemo } from "../../local/stack/demo.ts";
import { assertAxeClean } from "./axe.ts";
import type { ConsoleOnPage } from "./console-page.ts";
import type { Setup } from "./setup.ts";

/** The console for users without a mouse, on a small screen, in the dark, and in Korean. */
export function describeConsoleLook(setup: Setup): void {
  describe("the console's look", () => {
    let page: ConsoleOnPage;
    afterEach(() => page.close());

    for (const colorScheme of ["light", "dark"] as const) {
      it(`leaves axe nothing to find on any page, ${colorScheme}`, async () => {
        page = await setup.openConsole({ colorScheme });
        await assertAxeClean(page.page, "login");
        await page.enter();
        for (const section of sections) {
          await page.open(section);
          await assertAxeClean(page.page, section);
        }
        await page.open("overview");
        await page.row(secondDemo.exten).getByRole("link").click();
        await page.page.locator(".finding").first().waitFor();
        await assertAxeClean(page.page, "call");
        await page.open("keys");
        await page.press("Add a key");
        await assertAxeClean(page.page, "a new key");
      });
    }

    it("is dark where the system is", async () => {
      page = await setup.openConsole({ colorScheme: "dark" });
      const ground = await page.page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
      const channels = String(ground).match(/\d+/g)?.map(Number) ?? [];
      assert.ok(
        channels.every((channel) => channel < 60),
        String(ground),
      );
    });

    it("fits a screen of 390 pixels in Korean, on every page", async () => {
      page = await setup.openConsole({ viewport: { width: 390, height: 844 } });
      await page.enter();
      await page.speakKorean();
      for (const section of sections) {
        await page.open(section);
        await page.assertFits(section);
        assert.match(await page.page.getByRole("main").innerText(), /[가-힣]/);
        await assertAxeClean(page.page, section);
      }
      await page.open("overview");
      await page.row(secondDemo.exten).getByRole("link").click();
      await page.page.locator(".finding .says").getByText("앱이 더 이상 없거나").waitFor();
      await page.assertFits("call");
    });

    it("leads to a verdict with only a keyboard", async () => {
      page = await setup.openConsole();
      await page.tabTo("button", "Fill in the demo operator");
      await page.page.keyboard.press("Enter");
      // The focus is at the button that logs in.
      await page.page.keyboard.press("Enter");
      await page.heading("Overview").waitFor();
      await page.row(secondDemo.exten).waitFor();
      const name = await page.row(secondDemo.exten).getByRole("link").innerText();
      await page.tabTo("link", name);
      await page.page.keyboard.press("Enter");
      await page.page.locator(".finding").first().waitFor();
      const title = await page.page.evaluate("document.activeElement.textContent");
      assert.equal(title, "Why did it ring, or not?");
    });
  });
}
