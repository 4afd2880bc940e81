import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { demo, demoOperator } from "../../local/stack/demo.ts";
import type { Setup } from "./setup.ts";

/** Who may see the console. */
export function describeConsoleLogin(setup: Setup): void {
  describe("the console's login", () => {
    it("refuses a wrong password, and says so", async () => {
      const page = await setup.openConsole();
      page.expectRefusal(400);
      await page.logIn({ email: demoOperator.email, password: "wrong" });
      await page.page.getByRole("alert").getByText("The email or the password is wrong.").waitFor();
      await page.close();
    });

    it("shows a user who is no operator nothing, and lets them log out", async () => {
      const page = await setup.openConsole();
      page.expectRefusal(403);
      const asked: string[] = [];
      page.page.on("request", (request) => {
        if (request.url().endsWith("/api/console")) asked.push(request.postData() ?? "");
      });
      await page.page.evaluate("location.hash = '#/keys'");
      await page.logIn({ email: demo.email, password: demo.password });
      await page.heading("No operator").waitFor();
      assert.equal(await page.page.getByRole("navigation").count(), 0);
      assert.equal(await page.page.getByRole("table").count(), 0);
      assert.deepEqual(asked, ['{"data":{"do":"session"}}']);
      await page.press("Log out");
      await page.heading("Log in").waitFor();
      await page.close();
    });

    it("ends with the tab, and returns to the place that was asked for", async () => {
      const page = await setup.openConsole();
      await page.page.evaluate("location.hash = '#/keys'");
      await page.logIn();
      await page.heading("Keys").waitFor();
      await page.page.reload();
      await page.heading("Keys").waitFor();
      const other = await page.page.context().newPage();
      await other.goto(page.page.url());
      await other.getByRole("heading", { name: "Log in" }).waitFor();
      await page.press("Log out");
      await page.heading("Log in").waitFor();
      await page.close();
    });
  });
}
