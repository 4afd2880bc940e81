import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { secondDemo } from "../../local/stack/demo.ts";
import { host, ports } from "../../local/stack/ports.ts";
import type { PhoneOnPage } from "./phone-on-page.ts";
import type { Setup } from "./setup.ts";
import type { VirtualPage } from "./virtual-page.ts";

/** Replaces APNs' answers to the next pushes. */
async function failApns(fault: object): Promise<void> {
  const body = JSON.stringify({ channel: "apns", ...fault });
  const { status } = await fetch(`http://${host}:${ports.fcm}/emulator/v1/faults`, { method: "POST", body });
  assert.equal(status, 201);
}

/** Keeps the PBX's address from the phones until the returned function is called. */
async function holdSettings({ page }: VirtualPage): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.route("**/getServerSettings", async (route) => {
    await promise;
    await route.continue();
  });
  return resolve;
}

/** The channels of the pushes in the trace of a phone's latest call, in order. */
async function channelsOf({ trace }: PhoneOnPage): Promise<string[]> {
  return trace.locator(".trace-group").first().locator(".channel").allTextContents();
}

/** An iPhone, as its user sees it: a locked one, of the user who has no other phone. */
export function describeIphone(setup: Setup): void {
  describe("an iPhone", () => {
    let page: VirtualPage;
    let phone: PhoneOnPage;
    const call = { line: secondDemo.exten };
    beforeEach(async () => {
      page = await setup.open();
      await page.addPhone(2, secondDemo.email, "an iPhone");
      phone = page.phone(2);
    });
    afterEach(async () => {
      await page.removePhone(2);
      await page.close();
    });

    it("rings by APNs while it is locked, and is answered from the lock screen", async () => {
      await page.place(call);
      await phone.ringing("홍길동").getByText("01012345678").waitFor();
      await phone.untilTraced("Reported to CallKit");
      await phone.press("Slide to answer");
      await phone.active.getByRole("heading", { name: "홍길동", exact: true }).waitFor();
      await page.untilCall("Answered on a phone");
      assert.deepEqual(await channelsOf(phone), ["APNs"]);
      await phone.press("Hang up");
      await page.untilCall("Hung up");
      await phone.until("App asleep");
    });

    it("rings while its app is closed, which the push starts", async () => {
      await phone.switchTo("Closed");
      await phone.until("App closed");
      await page.place(call);
      await phone.ringing("홍길동").waitFor();
      await phone.untilTraced("App started by the push");
      await phone.press("Decline");
      await page.untilCall("Declined");
      await phone.until("App asleep");
    });

    it("is answered before its app has reached the PBX", async () => {
      const release = await holdSettings(page);
      await page.place(call);
      await phone.press("Slide to answer");
      await phone.until("Connecting …");
      release();
      await page.untilCall("Answered on a phone");
      await phone.press("Hang up");
      await page.untilCall("Hung up");
    });

    it("stops ringing by FCM's background push when the caller hangs up", async () => {
      const release = await holdSettings(page);
      await page.place(call);
      // Without its PBX, the phone hears of the end by the push alone.
      await phone.ringing().waitFor();
      await page.untilStep("NOTIFIED 1");
      await page.act("Caller hangs up");
      await phone.ringing().waitFor({ state: "hidden" });
      await phone.untilTraced("End push received");
      await phone.until("Missed call");
      assert.deepEqual(await channelsOf(phone), ["APNs", "FCM"]);
      release();
      await phone.until("App asleep");
    });

    it("asks the service every three seconds while it rings", async () => {
      const release = await holdSettings(page);
      await page.place(call);
      await phone.ringing().waitFor();
      await phone.untilTraced("Reported received (2 times)");
      await page.act("Caller hangs up");
      await phone.ringing().waitFor({ state: "hidden" });
      release();
      await phone.until("App asleep");
    });

    it("shows an alert by FCM when APNs refuses, and one call when the alert is tapped", async () => {
      await failApns({ reason: "InvalidProviderToken" });
      await page.place(call);
      const alert = phone.region.getByRole("button", { name: "홍길동" });
      await alert.waitFor();
      assert.deepEqual(await channelsOf(phone), ["FCM"]);
      assert.equal(await phone.ringing().count(), 0);
      await alert.click();
      await phone.ringing("홍길동").waitFor();
      await alert.waitFor({ state: "hidden" });
      await phone.press("Accept");
      await page.untilCall("Answered on a phone");
      await phone.press("Hang up");
      await page.untilCall("Hung up");
    });

    it("gets no alert beside the call that it has reported, when APNs answers late", async () => {
      await failApns({ status: 200, delay_ms: 3000 });
      await page.place(call);
      await phone.ringing("홍길동").waitFor();
      await page.untilStep("NOTIFIED 1");
      assert.deepEqual(await channelsOf(phone), ["APNs"]);
      await page.act("Caller hangs up");
      await phone.ringing().waitFor({ state: "hidden" });
    });

    it("rings once, without an alert, for a call that comes by both channels", async () => {
      await failApns({ status: 200, delay_ms: 3000 });
      await phone.switchTo("Offline");
      await page.place(call);
      await page.untilStep("NOTIFIED 1");
      await phone.press("Background");
      await phone.ringing("홍길동").waitFor();
      await phone.untilTraced("Notification removed: CallKit has the call");
      assert.deepEqual((await channelsOf(phone)).toSorted(), ["APNs", "FCM"]);
      assert.equal(await phone.trace.getByText("Reported to CallKit").count(), 1);
      assert.equal(await phone.ringing().count(), 1);
      assert.equal(await phone.region.getByRole("button", { name: "홍길동" }).count(), 0);
      await page.act("Caller hangs up");
      await phone.ringing().waitFor({ state: "hidden" });
    });

    it("reports and ends at once a call that was over before its VoIP push came", async () => {
      await phone.switchTo("Offline");
      await page.place(call);
      await page.untilStep("NOTIFIED 1");
      await page.act("Caller hangs up");
      await page.untilCall("Caller hung up");
      await phone.press("Background");
      await phone.untilTraced("Reported to CallKit");
      await phone.until("Missed call");
      await phone.ringing().waitFor({ state: "hidden" });
      await phone.until("App asleep");
    });

    it("is the same after a reload: an iPhone, unlocked, with its app closed", async () => {
      await phone.press("Locked");
      await phone.switchTo("Closed");
      await page.page.reload();
      await phone.until("App closed");
      await phone.region.getByRole("button", { name: "Locked", pressed: false }).waitFor();
      await page.place(call);
      await phone.ringing("홍길동").waitFor();
      await phone.press("Decline");
      await page.untilCall("Declined");
    });

    it("is answered with only a keyboard, and fits a screen of 390 pixels", async () => {
      await page.page.setViewportSize({ width: 390, height: 844 });
      await page.assertFits();
      await page.place(call);
      await phone.ringing("홍길동").waitFor();
      await page.assertFits();
      // The call has taken the focus.
      await page.tabTo("Slide to answer", "Tab", 3);
      await page.page.keyboard.press("Enter");
      await page.untilCall("Answered on a phone");
      await page.assertFits();
      await page.tabTo("Hang up", "Tab", 3);
      await page.page.keyboard.press("Enter");
      await page.untilCall("Hung up");
      await phone.press("Locked");
      await page.assertFits();
    });

    it("loses an app that reports no call, and after three misses its VoIP pushes", async () => {
      await phone.region.getByRole("checkbox", { name: "The app forgets to report calls" }).check();
      for (const misses of [1, 2, 3]) {
        await page.place(call);
        const crash = phone.region.getByRole("alert").filter({ hasText: "iOS has ended the app" });
        await crash.waitFor();
        await phone.untilTraced(`miss ${misses}`);
        assert.equal(await phone.hasRung(), false);
        await crash.getByRole("button", { name: "Dismiss" }).click();
        await page.act("Caller hangs up");
        await page.untilCall("Caller hung up");
      }
      await phone.until("stopped by iOS");
      await phone.region.getByRole("checkbox", { name: "The app forgets to report calls" }).uncheck();
      await page.place(call);
      await phone.untilTraced("Dropped by iOS");
      await page.untilStep("NOTIFIED 1");
      assert.equal(await phone.ringing().count(), 0);
      await page.act("Caller hangs up");
      await phone.switchTo("Uninstalled");
      await phone.press("Install again");
      await phone.until("WebSocket connected");
      await phone.until("delivered");
    });
  });
}
