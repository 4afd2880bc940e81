import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { demo } from "../../local/stack/demo.ts";
import { ringInVain } from "../../local/stack/demo-rings.ts";
import { runSchedule } from "../../local/stack/scheduler.ts";
import type { ConsoleOnPage } from "./console-page.ts";
import type { Setup } from "./setup.ts";

/** What operators change and watch. */
export function describeConsoleWork(setup: Setup): void {
  describe("the console", () => {
    let page: ConsoleOnPage;
    afterEach(() => page.close());

    it("makes a key, shows its secret once, and the key works until it is revoked", async () => {
      page = await setup.openConsole();
      await page.enter();
      await page.open("keys");
      await page.press("Add a key");
      await page.page.getByLabel("PBX", { exact: false }).first().fill("pbx-of-the-test");
      await page.press("Make the key");
      const shown = page.page.getByRole("region", { name: "New key of pbx-of-the-test" });
      const secret = await shown.locator("pre").first().innerText();
      assert.match(secret, /^[0-9a-f]{64}$/);
      await shown.getByText(secret.slice(0, 20)).nth(1).waitFor();
      const call_id = `${Math.floor(Date.now() / 1000)}.902`;
      await ringInVain("0299998888", call_id, secret);
      await page.press("I have saved it");
      assert.equal((await page.page.content()).includes(secret), false);
      await page.page.reload();
      await page.heading("Keys").waitFor();
      await page.row("pbx-of-the-test").waitFor();
      assert.equal((await page.page.content()).includes(secret), false);
      await page.row("pbx-of-the-test").getByRole("button", { name: "Revoke" }).click();
      await page.page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
      await page.row("pbx-of-the-test").getByText("revoked").waitFor();
      await page.open("audit");
      await page.row("keys revoke").getByText("pbx-of-the-test").waitFor();
      await page.row("keys add").getByText("console", { exact: true }).waitFor();
    });

    it("changes nothing if the answer to its question is no", async () => {
      page = await setup.openConsole();
      await page.enter();
      await page.open("keys");
      const button = page.row("pbx-1").getByRole("button", { name: "Revoke" });
      await button.click();
      await page.page.keyboard.press("Escape");
      await page.page.getByRole("dialog").waitFor({ state: "detached" });
      assert.equal(await button.evaluate((element) => element.matches(":focus")), true);
      await page.row("pbx-1").getByText("active").waitFor();
    });

    it("follows a campaign until it is done", async () => {
      page = await setup.openConsole();
      await page.enter();
      await page.open("campaigns");
      await page.page.getByText("saveLocation").first().waitFor();
      await runSchedule("saveLocation");
      const run = page.page.getByRole("listitem").filter({ hasText: "saveLocation" }).first();
      await run.getByText("done", { exact: true }).waitFor();
      const bar = run.getByRole("progressbar");
      assert.equal(await bar.getAttribute("value"), await bar.getAttribute("max"));
    });

    it("assigns a line, and takes it back", async () => {
      page = await setup.openConsole();
      await page.enter();
      await page.open("lines");
      const form = page.page.getByRole("region", { name: "Assign a line" });
      await form.getByLabel("Exten").fill("0255556666");
      await form.getByLabel("User").fill(demo.email);
      await form.getByRole("button", { name: "Assign a line" }).click();
      await form.getByRole("status").getByText("0255556666").waitFor();
      await page.row("0255556666").getByRole("button", { name: "Unassign" }).click();
      await page.page.getByRole("dialog").getByRole("button", { name: "Unassign" }).click();
      await page.page.getByRole("row").filter({ hasText: "0255556666" }).waitFor({ state: "detached" });
    });

    it("shows the phones with their health, and one with its rings", async () => {
      page = await setup.openConsole();
      await page.enter();
      await page.open("phones");
      await page.row(demo.email).getByRole("link").first().click();
      await page.page.getByRole("heading", { name: "Health" }).waitFor();
      await page.page.getByRole("heading", { name: "Last rings of its user" }).waitFor();
    });

    it("says what is wrong with a field", async () => {
      page = await setup.openConsole();
      await page.enter();
      await page.open("lines");
      const form = page.page.getByRole("region", { name: "Assign a line" });
      page.expectRefusal(400);
      await form.getByLabel("Exten").fill("not a number");
      await form.getByLabel("User").fill(demo.email);
      await form.getByRole("button", { name: "Assign a line" }).click();
      await form.getByRole("alert").getByText("exten").waitFor();
    });
  });
}
