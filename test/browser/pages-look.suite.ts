import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { demo, secondDemo } from "../../local/stack/demo.ts";
import { assertAxeClean } from "./axe.ts";
import type { Setup } from "./setup.ts";

/** What the virtual phone's page and the push inbox say, and to whom. */
export function describePagesLook(setup: Setup): void {
  describe("the virtual phone and the push inbox", () => {
    it("leave axe nothing to find", async () => {
      const page = await setup.open();
      await page.place();
      await page.phone(1).ringing().waitFor();
      await assertAxeClean(page.page, "ringing");
      await page.act("Caller hangs up");
      await page.addPhone(2, secondDemo.email, "an iPhone");
      await page.phone(2).press("Locked");
      await assertAxeClean(page.page, "an unlocked iPhone");
      await page.removePhone(2);
      for (const language of ["en", "ko"]) {
        await page.page.goto(`${setup.stack.fcm.url}/?lang=${language}`);
        await page.page.locator(".message").first().waitFor();
        await assertAxeClean(page.page, `inbox in ${language}`);
      }
      await page.close();
    });

    it("say beside the form that a call needs a number, in the page's language", async () => {
      const page = await setup.open();
      const lines = page.pbx.getByRole("group", { name: "Lines to ring" });
      for (const box of await lines.getByRole("checkbox").all()) await box.uncheck();
      await page.pbx.getByRole("button", { name: "Place call" }).click();
      await page.pbx.getByRole("alert").getByText("Choose a line, or enter another number.").waitFor();
      await page.page.getByRole("button", { name: "한국어" }).click();
      await page.pbx.getByRole("alert").getByText("울릴 회선을 선택하거나 다른 번호를 입력하세요.").waitFor();
      await page.close();
    });

    it("say that only the desk phone rings for a number without a phone", async () => {
      const page = await setup.open();
      await page.pbx.getByLabel("Another number").fill("0298765432");
      const lines = page.pbx.getByRole("group", { name: "Lines to ring" });
      for (const box of await lines.getByRole("checkbox").all()) await box.uncheck();
      await page.pbx.getByRole("button", { name: "Place call" }).click();
      await page.untilCall("No phone woken: only the desk phone rings");
      await page.act("Caller hangs up");
      await page.close();
    });

    it("know in another browser that the demo phone's app was installed again", async () => {
      const first = await setup.open();
      await first.phone(1).switchTo("Uninstalled");
      await first.phone(1).press("Install again");
      await first.phone(1).until("WebSocket connected");
      await first.close();
      // `open` waits until the phone's app is asleep, and not missing.
      const second = await setup.open();
      await second.close();
    });

    it("call a phone the same, in the inbox as on the page", async () => {
      const page = await setup.open();
      await page.page.goto(`${setup.stack.fcm.url}/?lang=en`);
      await page.page.getByRole("listitem").getByText(`Phone 1 · ${demo.email}`).first().waitFor();
      const [, sends, ...parts] =
        /FCM: (\d+) sends? \((.*?)\)/.exec(await page.page.locator("#counts").innerText()) ?? [];
      const counts = parts.join().match(/\d+/g)?.map(Number) ?? [];
      assert.equal(
        Number(sends),
        counts.reduce((sum, count) => sum + count, 0),
      );
      await page.close();
    });
  });
}
