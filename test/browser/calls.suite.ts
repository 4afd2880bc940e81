import assert from "node:assert/strict";
import { once } from "node:events";
import { afterEach, beforeEach, describe, it } from "node:test";
import { WebSocket } from "ws";
import { demo } from "../../local/stack/demo.ts";
import { host, ports } from "../../local/stack/ports.ts";
import type { Setup } from "./setup.ts";
import type { VirtualPage } from "./virtual-page.ts";

/** Calls, as the user of a phone sees them. */
export function describeCalls(setup: Setup): void {
  describe("a call", () => {
    let page: VirtualPage;
    beforeEach(async () => {
      page = await setup.open();
    });
    afterEach(() => page.close());

    it("rings on a phone whose app is open, and can be answered and hung up", async () => {
      const phone = page.phone(1);
      await phone.switchTo("Foreground");
      await page.place();
      await phone.ringing("홍길동").getByText("01012345678").waitFor();
      await phone.press("Accept");
      await phone.active.getByRole("heading", { name: "홍길동", exact: true }).waitFor();
      await page.untilCall("Answered on a phone");
      await phone.press("Hang up");
      await page.untilCall("Hung up");
      await phone.until("Call ended");
    });

    it("wakes a phone in the background, which sleeps again after it declines", async () => {
      const phone = page.phone(1);
      await phone.until("closed");
      await page.place();
      await phone.ringing("홍길동").waitFor();
      await page.untilStep("READY");
      for (const step of ["Push received", "Settings loaded", "WebSocket connected", "Reported ready"]) {
        await phone.untilTraced(step);
      }
      await phone.press("Decline");
      await page.untilCall("Declined");
      await phone.until("App asleep");
      await phone.until("closed");
    });

    it("never rings on a phone that is still waking when the caller hangs up", async () => {
      const phone = page.phone(1);
      const settings = Promise.withResolvers<void>();
      await page.page.route("**/getServerSettings", async (route) => {
        await settings.promise;
        await route.continue();
      });
      await page.place();
      await phone.until("Waking up …");
      await page.act("Caller hangs up");
      await page.untilCall("Caller hung up");
      await phone.untilTraced("End push received");
      settings.resolve();
      await phone.untilTraced("Asleep");
      assert.equal(await phone.hasRung(), false);
    });

    it("stops ringing when the caller hangs up, and is shown as a missed call", async () => {
      const phone = page.phone(1);
      await page.place();
      await phone.ringing().waitFor();
      await page.act("Caller hangs up");
      await phone.ringing().waitFor({ state: "hidden" });
      await phone.until("Missed call");
      await phone.until("The caller hung up");
    });

    it("is a missed call on a phone that cannot reach its PBX", async () => {
      const phone = page.phone(1);
      await page.page.route("**/getServerSettings", async (route) => {
        await route.fulfill({ headers: { "access-control-allow-origin": "*" }, json: { result: null } });
      });
      await page.place();
      await phone.until("Missed call");
      await phone.until("Missed: the phone could not connect to its PBX in time");
      await page.act("Caller hangs up");
    });

    it("stops ringing when the desk phone answers", async () => {
      const phone = page.phone(1);
      await page.place();
      await phone.ringing().waitFor();
      await page.act("Answer at the desk phone");
      await phone.ringing().waitFor({ state: "hidden" });
      await phone.until("Answered elsewhere");
      await page.act("Hang up");
      await page.untilCall("Hung up");
    });

    it("that one phone answers stops ringing on the other, which says so", async () => {
      await page.addPhone(2, demo.email);
      const [one, other] = [page.phone(1), page.phone(2)];
      await page.place();
      await Promise.all([one.ringing().waitFor(), other.ringing().waitFor()]);
      await other.press("Accept");
      await one.ringing().waitFor({ state: "hidden" });
      await one.until("Answered on another phone");
      await other.active.waitFor();
      await page.untilCall("Answered on a phone");
      await page.act("Hang up");
      await other.active.waitFor({ state: "hidden" });
      await page.removePhone(2);
    });

    it("that comes during another is announced, and answering it ends the first", async () => {
      const phone = page.phone(1);
      await phone.switchTo("Foreground");
      await page.place({ name: "Anna" });
      await phone.press("Accept");
      await page.untilCall("Answered on a phone");
      await page.place({ name: "Berta" });
      const waiting = phone.region.getByRole("group", { name: "Call waiting" });
      await waiting.getByText("Berta", { exact: true }).waitFor();
      await phone.active.getByRole("heading", { name: "Anna", exact: true }).waitFor();
      assert.equal(await phone.ringing().count(), 0);
      await waiting.getByRole("button", { name: "Accept" }).click();
      await phone.active.getByRole("heading", { name: "Berta", exact: true }).waitFor();
      await page.pbx
        .getByRole("article", { name: "Call from Anna" })
        .first()
        .getByText("Hung up", { exact: true })
        .waitFor();
      await page.untilCall("Answered on a phone");
      await phone.press("Hang up");
      await page.untilCall("Hung up");
    });

    it("rings on an open app by the PBX's WebSocket alone, announced by a script", async () => {
      const phone = page.phone(1);
      await phone.switchTo("Foreground");
      const script = new WebSocket(`ws://${host}:${ports.hub}`);
      await once(script, "open");
      script.send(
        '{"type":3,"server_id":1,"server_name":"demo","ssl":false,"data":{"Event":"Newchannel","Context":"trk-11-in","Exten":"07045144801","CallerIDNum":"01012345678","CallerIDName":"홍길동","Linkedid":"1763712000.17","Uniqueid":"1763712000.17"}}',
      );
      script.close();
      await phone.ringing("홍길동").getByText("01012345678").waitFor();
      await phone.press("Decline");
      await phone.ringing().waitFor({ state: "hidden" });
    });
  });
}
