import assert from "node:assert/strict";
import { afterEach, before, describe, it } from "node:test";
import { placeDemoRings, ringInVain } from "../../local/stack/demo-rings.ts";
import { demo, secondDemo } from "../../local/stack/demo.ts";
import { runSchedule } from "../../local/stack/scheduler.ts";
import type { ConsoleOnPage } from "./console-page.ts";
import type { Setup } from "./setup.ts";

/** From the question to the verdict. */
export function describeConsoleCalls(setup: Setup): void {
  describe("the console's calls", () => {
    let page: ConsoleOnPage;
    before(() => placeDemoRings(setup.stack.fcm));
    afterEach(() => page.close());

    it("lead from the login to a verdict in three clicks, in both languages", async () => {
      page = await setup.openConsole();
      let clicks = 0;
      await page.page.exposeFunction("noteClick", () => (clicks += 1));
      await page.page.evaluate("addEventListener('click', () => noteClick(), true)");
      await page.enter();
      await page.row(secondDemo.exten).getByRole("link").click();
      const verdict = page.page.locator("[data-cause=app_uninstalled]");
      await verdict.getByText("the app is no longer on this phone").waitFor();
      await verdict.getByText("앱이 더 이상 없거나").waitFor();
      await verdict.getByText("Ask the customer to install or open the app").waitFor();
      assert.equal(clicks, 3);
    });

    it("are counted in the overview, drawn and as a table, for a span and a PBX", async () => {
      page = await setup.openConsole();
      await page.enter();
      const numbers = page.page.getByRole("region", { name: "Numbers" });
      await numbers.getByText("Counted until").waitFor();
      assert.equal(await numbers.locator("canvas").count(), 3);
      await numbers.locator("[data-cause=not_answered]").waitFor();
      await numbers.getByRole("button", { name: "7 days" }).click();
      await numbers.getByText("As a table").first().click();
      const table = numbers.getByRole("table", { name: "Calls" });
      await table
        .getByRole("row")
        .nth(7 * 24)
        .waitFor();
      await numbers.getByRole("combobox").selectOption("example-busan");
      await numbers.getByRole("table", { name: "By PBX" }).getByText("example-seoul").waitFor({ state: "detached" });
    });

    it("have beside them whether the probe came through", async () => {
      await runSchedule("probe");
      page = await setup.openConsole();
      await page.enter();
      const probe = page.page.getByRole("region", { name: "Probe" });
      await probe.getByText("came through").waitFor();
      await page.speakKorean();
      await page.page.getByRole("region", { name: "점검 호출" }).getByText("통과").waitFor();
      await page.page.getByRole("region", { name: "점검 호출" }).getByRole("link").click();
      await page.heading("진단").waitFor();
    });

    it("have a time line, from the announcement to the refusal", async () => {
      page = await setup.openConsole();
      await page.enter();
      await page.open("calls");
      await page.row(secondDemo.exten).getByRole("link").click();
      const line = page.page.getByRole("list", { name: "Time line" });
      const steps = await line.getByRole("listitem").allInnerTexts();
      assert.match(steps[0] ?? "", /0\s*ms[^]*The PBX announced the call/);
      assert.ok(
        steps.some((step) => /The push was refused[^]*UNREGISTERED/.test(step)),
        steps.join("\n"),
      );
    });

    it("name a number that is spelt in another way", async () => {
      page = await setup.openConsole();
      await page.enter();
      await page.row("+82").getByRole("link").click();
      await page.page.locator("[data-cause=exten_misspelt]").getByText(demo.exten).first().waitFor();
    });

    it("say why there may be no record of a call", async () => {
      page = await setup.openConsole();
      await page.enter();
      await page.page.getByRole("search").getByLabel("Call").fill("1700000000.77");
      await page.press("Why?");
      await page.page.getByRole("heading", { name: "No record of this call" }).waitFor();
      await page.page.locator("[data-cause=not_announced]").waitFor();
    });

    it("appear while the list is open, and change", async () => {
      page = await setup.openConsole();
      await page.enter();
      await page.open("calls");
      const id = `${Math.floor(Date.now() / 1000)}.901`;
      await ringInVain("0212345678", id);
      await page.row("0212345678").waitFor();
      await page.press("Live");
      assert.equal(await page.page.getByRole("button", { name: "Live" }).getAttribute("aria-pressed"), "false");
    });

    it("are filtered by the address, which a colleague can open", async () => {
      page = await setup.openConsole();
      await page.enter();
      await page.open("calls");
      await page.page.getByLabel("Exten").fill(secondDemo.exten);
      await page.press("Filter");
      await page.page.waitForURL(/#\/calls\?exten=/);
      await page.row(secondDemo.exten).waitFor();
      await page.page.getByRole("row").filter({ hasText: "+82" }).waitFor({ state: "detached" });
    });
  });
}
