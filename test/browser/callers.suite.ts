import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Setup } from "./setup.ts";
import type { PhoneOnPage } from "./phone-on-page.ts";
import type { VirtualPage } from "./virtual-page.ts";

/** A caller as the PBX names it, and what the phone must show: the large text, and the text below it. */
interface Caller {
  readonly what: string;
  readonly name: string;
  readonly number: string;
  readonly shown: string;
  readonly below?: string;
}

const number = "01012345678";
const longNumber = `+49${"1234567890".repeat(6)}1`;
const longName =
  "Dr. Maximiliane Freifrau von und zu Hohenstein-Wolkenburg, Donaudampfschifffahrtsgesellschaftskapitänin";
const markup = `<img src=x onerror="document.title='hacked'"><b>bold</b>`;

const callers: readonly Caller[] = [
  { what: "without a name by the number", name: "", number, shown: number },
  { what: "without a name and a number as withheld", name: "", number: "", shown: "Number withheld" },
  { what: "without a number by the name", name: "홍길동", number: "", shown: "홍길동" },
  { what: "with a very long number", name: "", number: longNumber, shown: longNumber },
  { what: "with a very long name", name: longName, number: longNumber, shown: longName, below: longNumber },
  { what: "with markup as text", name: markup, number, shown: markup, below: number },
  { what: "with quotes", name: `홍길동 "본사" & 'O\\'`, number, shown: `홍길동 "본사" & 'O\\'`, below: number },
  { what: "with emoji", name: "👨‍👩‍👧‍👦 우리 가족 🎉", number, shown: "👨‍👩‍👧‍👦 우리 가족 🎉", below: number },
];

/** How a phone shows the caller: from the PBX's WebSocket when the app is open, from the push when it is not. */
export function describeCallers(setup: Setup): void {
  for (const mode of ["Foreground", "Background"] as const) {
    describe(`a phone in the ${mode.toLowerCase()} shows a caller`, () => {
      let page: VirtualPage;
      before(async () => {
        page = await setup.open();
        await page.phone(1).switchTo(mode);
      });
      after(() => page.close());

      for (const caller of callers) {
        it(caller.what, async () => {
          const phone = page.phone(1);
          await page.place(caller);
          await assertShown(phone, caller);
          await page.act("Caller hangs up");
          await phone.ringing().waitFor({ state: "hidden" });
          if (mode === "Background") await phone.until("closed");
        });
      }
    });
  }
}

async function assertShown(phone: PhoneOnPage, { shown, below }: Caller): Promise<void> {
  await phone.ringing().waitFor();
  const heading = phone.ringing().getByRole("heading");
  assert.equal(await heading.textContent(), shown);
  if (below !== undefined) await phone.ringing().getByText(below, { exact: true }).waitFor();
  assert.equal(await phone.ringing().locator("img, b").count(), 0);
  const [screen, text] = [await phone.region.locator(".screen").boundingBox(), await heading.boundingBox()];
  assert.ok(screen && text && text.x >= screen.x && text.x + text.width <= screen.x + screen.width);
  for (const button of ["Accept", "Decline"]) {
    assert.ok(await phone.ringing().getByRole("button", { name: button }).isVisible());
  }
}
